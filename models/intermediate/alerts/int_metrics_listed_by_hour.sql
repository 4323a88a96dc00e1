{#
    Grain: one row per hour, metric, dimension and segment, of the dimensions that a rule
    watches: marts.metrics_hourly has a hundred times as many rows.
#}
{{ config(materialized="table") }}

with rules as (

    select * from {{ ref("int_alert_rules_checked") }}

),

hours as (

    select * from {{ ref("int_metrics_aggregated_to_hours") }}
    where dimension in (select rules.dimension from rules) and metric_hour is not null

),

annotation_types as (

    select * from {{ ref("int_annotation_types_completed") }}
    where dimension in (select rules.dimension from rules)

),

final as (
    {{ all_metric_rows("hours", "annotation_types", ["metric_hour", "dimension", "segment"]) }}
)

select * from final
