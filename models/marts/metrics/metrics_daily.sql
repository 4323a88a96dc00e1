{# Grain: one row per day on which conversations started, metric, dimension and segment. #}

with days as (

    select * from {{ ref("int_metrics_aggregated_to_days") }}

),

annotation_type_hours as (

    select * from {{ ref("int_annotation_types_completed") }}

),

annotation_types as (

    select
        metric_date,
        dimension,
        segment,
        {{ summed_term_columns(declared(agent_assist_metrics())) }}
    from annotation_type_hours
    group by metric_date, dimension, segment

),

final as (
    {{ all_metric_rows("days", "annotation_types", ["metric_date", "dimension", "segment"]) }}

)

select * from final
