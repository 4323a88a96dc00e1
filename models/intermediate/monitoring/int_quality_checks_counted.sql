{#
    Grain: one row per feed, check and detail. A check that counts by nothing always has
    its row, with 0 where nothing fails; one that counts by a detail has rows for what it
    found.
#}
{{ config(materialized="table") }}

{#- feed, check, staged records (a CTE below), which of them fail, what to count by -#}
{%- set checks = [
    ("events", "unknown_event_type", "events", "not is_known_type", "event_type"),
    ("events", "missing_conversation_id", "events", "conversation_id is null", "null"),
    ("events", "time_unknown", "events", "is_time_unknown", "null"),
    ("events", "time_implausible", "events", "is_time_implausible", "null"),
    ("events", "properties_unreadable", "events", "has_unreadable_properties", "null"),
    ("events", "sender_unknown", "event_messages", "sender_role is null", "sender"),
    ("events", "sentiment_out_of_range", "event_messages", "abs(sentiment) > 1", "null"),
    ("support_metrics", "unknown_metric", "points", "not is_known_metric", "metric_name"),
    ("support_metrics", "missing_conversation_id", "points", "conversation_id is null", "null"),
    ("support_metrics", "value_missing", "points", "is_value_missing", "metric_name"),
    ("support_metrics", "value_below_range", "points", "is_below_range", "metric_name"),
    ("support_metrics", "value_above_range", "points", "is_above_range", "metric_name"),
    ("support_metrics", "time_unknown", "points", "is_time_unknown", "null"),
    ("support_metrics", "time_implausible", "points", "is_time_implausible", "null"),
    ("support_metrics", "dimension_unreadable", "points", "has_unreadable_dimension", "null"),
    ("conversations", "missing_name", "insights", "conversation_name is null", "null"),
    ("conversations", "duration_negative", "insights", "duration_nanos < 0", "null"),
    ("conversations", "time_unknown", "sentences", "created_nanos is null", "null"),
    ("conversations", "time_implausible", "sentences", "is_time_implausible", "null"),
    ("conversations", "sender_unknown", "sentences", "sender_role is null", "participant_role"),
    ("conversations", "record_unreadable", "annotations", "is_record_unreadable", "annotation_type"),
    ("conversations", "feedback_unreadable", "annotations", "is_feedback_unreadable", "annotation_type"),
    ("conversations", "clicked_not_displayed", "annotations", "is_clicked and not coalesce(is_displayed, false)", "annotation_type"),
] -%}

with known_types as (

    select distinct event_type from {{ ref("event_meanings") }}

),

events as (

    select
        base_events.*,
        known_types.event_type is not null as is_known_type
    from {{ ref("base_sales_bot__events") }} as base_events
    left join known_types on base_events.event_type = known_types.event_type

),

event_messages as (

    select * from {{ ref("int_messages_sequenced") }}
    where feed = 'events'

),

points as (

    select * from {{ ref("stg_support__metric_points") }}

),

insights as (

    select * from {{ ref("base_insights__conversations") }}

),

sentences as (

    select
        staged_sentences.*,
        sender_roles.sender_role
    from {{ ref("stg_insights__sentences") }} as staged_sentences
    left join {{ ref("sender_roles") }} as sender_roles
        on staged_sentences.participant_role = sender_roles.sender

),

annotations as (

    select * from {{ ref("stg_insights__annotations") }}

),

final as (
    {% for feed, check, records, condition, detail in checks %}
    select
        '{{ feed }}' as feed,
        '{{ check }}' as check_name,
        cast({{ detail }} as string) as detail,
        count(*) as row_count,
        (select count(*) from {{ records }}) as checked_count
    from {{ records }}
    where {{ condition }}
    {%- if detail != "null" %}
    group by {{ detail }}
    {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
)

select * from final
