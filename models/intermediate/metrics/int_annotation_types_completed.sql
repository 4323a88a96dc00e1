{#
    Grain: one row per hour in which conversations of the insights export started and
    annotation type known at all: a type that an hour lacks is a zero there, because the
    denominators are all sentences and all conversations.
#}
{{ config(materialized="view") }}

{%- set of_all_sentences = [
    "sum_sentences", "squares_sentences", "conversations_with_sentences",
    "sum_assisted_conversations",
] %}
{%- set of_all_responses = [
    "sum_agent_responses", "squares_agent_responses", "conversations_with_agent_responses",
] %}

with hours as (

    select * from {{ ref("int_metrics_aggregated_to_hours") }}
    where dimension = 'all' and sum_assisted_conversations > 0

),

typed as (

    select * from {{ ref("int_annotation_types_aggregated_to_hours") }}

),

annotation_types as (

    select distinct annotation_type from typed

),

final as (

    select
        hours.metric_date,
        hours.metric_hour,
        'annotation_type' as dimension,
        annotation_types.annotation_type as segment,
        {%- for column in terms(declared(agent_assist_metrics())) %}
        {%- if column in of_all_sentences %}
        {%- set completed = "hours." ~ column %}
        {%- elif column in of_all_responses %}
        {%- set completed = "case annotation_types.annotation_type when 'SMART_REPLY' then hours."
                ~ column ~ " else 0 end" %}
        {%- else %}
        {%- set completed = "coalesce(typed." ~ column ~ ", 0)" %}
        {%- endif %}
        {{ completed }} as {{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from hours
    cross join annotation_types
    left join typed
        on
            hours.metric_date is not distinct from typed.metric_date
            and hours.metric_hour is not distinct from typed.metric_hour
            and annotation_types.annotation_type = typed.annotation_type

)

select * from final
