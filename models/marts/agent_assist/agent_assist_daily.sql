{# Grain: one row per day on which conversations started and annotation type, 'all' for any. #}
{{ config(materialized="view") }}

with days as (

    select * from {{ ref("int_suggestions_aggregated_to_days") }}

),

totals as (

    select
        metric_date,
        annotation_type,
        {{ agent_assist_sums(
            ["conversation_count", "annotated_conversations"] + agent_assist_figures()
        ) }}
    from days
    group by metric_date, annotation_type

),

completed as (
    {{ agent_assist_completed("totals", ["metric_date"]) }}

),

final as (

    select
        metric_date,
        annotation_type,
        {{ agent_assist_columns() }}
    from completed

)

select * from final
