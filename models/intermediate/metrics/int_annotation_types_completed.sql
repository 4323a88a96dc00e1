{#
    Grain: one row per hour in which conversations of the insights export started and
    annotation type known at all: a type that an hour lacks is a zero there, because the
    denominators are all sentences and all conversations.
#}
{{ config(materialized="view") }}

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
        {%- if column in [
            "sum_sentences", "squares_sentences", "conversations_with_sentences",
            "sum_assisted_conversations",
        ] %}
        hours.{{ column }}
        {%- elif column in [
            "sum_agent_responses", "squares_agent_responses",
            "conversations_with_agent_responses",
        ] %}
        case when annotation_types.annotation_type = 'SMART_REPLY' then hours.{{ column }}
            else 0 end as {{ column }}
        {%- else %}
        coalesce(typed.{{ column }}, 0) as {{ column }}
        {%- endif %}
        {%- if not loop.last %},{% endif %}
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
