{# Grain: one row per window and rule of seed quality_rules that is broken. #}
{{ config(materialized="table") }}

with rules as (

    select * from {{ ref("quality_rules") }}

),

metrics as (

    select * from {{ ref("metrics_by_window") }}
    where period = 'current' and dimension = 'all'

),

-- Without data the value is NULL, which is on neither side of a threshold.
final as (

    select
        metrics.window_name,
        rules.rule_order,
        rules.area,
        rules.severity,
        rules.metric_name,
        rules.condition,
        rules.threshold,
        metrics.numerator,
        metrics.denominator,
        metrics.value as current_value,
        metrics.value_low as current_low,
        metrics.value_high as current_high,
        rules.target,
        coalesce(
            case rules.condition
                when 'below' then metrics.value_high < rules.threshold
                when 'above' then metrics.value_low > rules.threshold
            end,
            false
        ) as is_beyond_chance,
        rules.recommendation
    from rules
    inner join metrics on rules.metric_name = metrics.metric_name
    where
        (rules.condition = 'below' and metrics.value < rules.threshold)
        or (rules.condition = 'above' and metrics.value > rules.threshold)

)

select * from final
