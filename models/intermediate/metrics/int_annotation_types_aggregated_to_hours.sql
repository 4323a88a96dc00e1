{# Grain: one row per hour in which conversations started and annotation type they have. #}
{{ config(incremental_strategy="replace_dates") }}

{%- set names = [] %}
{%- for metric in agent_assist_metrics() %}
{%- do names.extend([metric.numerator, metric.denominator]) %}
{%- endfor %}
{%- set names = measure_names() | select("in", names) | list %}

with measured as (

    select
        conversation_id,
        started_date,
        started_hour,
        true as in_insights
    from {{ ref("int_conversations_measured") }}
    where {{ of_touched_dates("started_date") }} and assisted_conversations = 1

),

suggestions as (

    select * from {{ ref("int_suggestions_aggregated_to_conversations") }}
    where annotation_type != 'all'

),

measured_by_type as (

    select
        conversations.started_date,
        conversations.started_hour,
        suggestions.annotation_type,
        {{ measure_columns(names) }}
    from measured as conversations
    inner join suggestions on conversations.conversation_id = suggestions.conversation_id

),

terms as (

    select
        started_date as metric_date,
        started_hour as metric_hour,
        annotation_type,
        {{ term_columns(declared(agent_assist_metrics())) }}
    from measured_by_type

),

final as (

    select
        metric_date,
        metric_hour,
        annotation_type,
        {{ summed_term_columns(declared(agent_assist_metrics())) }}
    from terms
    group by metric_date, metric_hour, annotation_type

)

select * from final
