{# Grain: one row per hour in which conversations started, metric, dimension and segment. #}

with hours as (

    select * from {{ ref("int_metrics_aggregated_to_hours") }}

),

annotation_types as (

    select * from {{ ref("int_annotation_types_completed") }}

),

final as (
    {{ all_metric_rows("hours", "annotation_types", ["metric_hour", "dimension", "segment"]) }}

)

select * from final
