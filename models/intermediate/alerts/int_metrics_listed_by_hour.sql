{#
    Grain: one row per hour, metric, dimension and segment, of the metrics and dimensions
    that rules watch: marts.metrics_hourly has a hundred times as many rows.
#}
{{ config(materialized="table") }}

{%- set watched = "select summed_metric_name from " ~ ref("int_alert_rules_checked") %}

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

listed as (
    {{ all_metric_rows("hours", "annotation_types", ["metric_hour", "dimension", "segment"]) }}
),

final as (

    select * from listed
    where metric_name in ({{ few_values(watched, "summed_metric_name") }})

)

select * from final
