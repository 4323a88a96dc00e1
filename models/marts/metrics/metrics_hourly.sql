{# Grain: one row per hour in which conversations started, metric, dimension and segment. #}

with hours as (

    select * from {{ ref("int_metrics_aggregated_to_hours") }}

),

annotation_types as (

    select * from {{ ref("int_annotation_types_completed") }}

),

final as (
    {{ metric_rows(metrics(), "hours", ["metric_hour", "dimension", "segment"]) }}
    union all
    {{ metric_rows(
        declared(agent_assist_metrics()), "annotation_types", ["metric_hour", "dimension", "segment"]
    ) }}

)

select * from final
