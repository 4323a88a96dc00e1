{# Grain: one row per distinct event object. #}
{{ config(materialized="incremental", incremental_strategy="append") }}

{# Read twice: one CTE for both would keep every event in memory at once. #}
{%- set landed_events %}
select * from {{ source("raw", "events") }}
{% if is_incremental() -%}
where _file_id > {{ watermark(this) }}
{% endif -%}
{% endset %}

with landed_events as (
    {{ landed_events }}
),

landed_lines as (
    {{ landed_events }}
),

keyed as (

    select
        -- Two lines are one event when the whole objects are equal, whatever the order
        -- of their keys. An event_id alone does not make two different objects one.
        {{ content_key([
            "event_type", "conversation_id", "timestamp", "event_id", "message_id",
            "customer_id", "channel", json_canonical("properties"), json_canonical("_extra"),
        ]) }} as event_key,
        _file_id,
        _line_number
    from landed_lines

),

copies_numbered as (

    select
        *,
        row_number() over (
            partition by event_key order by _file_id, _line_number
        ) as copy_number
    from keyed

),

first_copies as (

    select
        landed_events.*,
        copies_numbered.event_key
    from landed_events
    inner join copies_numbered
        on
            landed_events._file_id = copies_numbered._file_id
            and landed_events._line_number = copies_numbered._line_number
    where
        copies_numbered.copy_number = 1
    {% if is_incremental() %}
            and not exists (
                select 1 from {{ this }} as known
                where known.event_key = copies_numbered.event_key
            )
        {% endif %}

),

typed as (

    select
        *,
        {{ parse_timestamp("timestamp") }} as occurred_at
    from first_copies

),

final as (

    select
        event_key,
        nullif(conversation_id, '') as conversation_id,
        event_type,
        event_id,
        message_id,
        nullif(customer_id, '') as customer_id,
        nullif(lower(trim(channel)), '') as channel,
        case when {{ json_kind("properties") }} = 'object' then properties end as properties,
        coalesce({{ json_kind("properties") }}, 'null') not in ('object', 'null')
            as has_unreadable_properties,
        occurred_at is null as is_time_unknown,
        {{ is_implausible("occurred_at", "_landed_at") }} as is_time_implausible,
        occurred_at,
        _file_id,
        _line_number,
        _landed_at
    from typed

)

select * from final
