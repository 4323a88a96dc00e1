{# Grain: one row per window, metric and level of seed targets. #}
{{ config(materialized="table") }}

with targets as (

    select * from {{ ref("targets") }}

),

definitions as (

    select * from {{ ref("metric_definitions") }}

),

windows as (

    select * from {{ ref("windows") }}
    where period = 'current'

),

metrics as (

    select * from {{ ref("metrics_by_window") }}
    where period = 'current' and dimension = 'all'

),

joined as (

    select
        windows.window_name,
        targets.metric_name,
        definitions.label,
        definitions.unit,
        definitions.better_direction,
        targets.level,
        targets.low as target_low,
        targets.high as target_high,
        metrics.numerator,
        metrics.denominator,
        metrics.value,
        metrics.value_low,
        metrics.value_high,
        targets.source,
        case definitions.better_direction
            when 'up' then metrics.value_low else metrics.value_high
        end as worse_end,
        case definitions.better_direction
            when 'up' then metrics.value_high else metrics.value_low
        end as better_end
    from targets
    inner join definitions on targets.metric_name = definitions.metric_name
    cross join windows
    left join metrics
        on
            windows.window_name = metrics.window_name
            and targets.metric_name = metrics.metric_name

),

final as (

    select
        window_name,
        metric_name,
        label,
        unit,
        better_direction,
        level,
        target_low,
        target_high,
        coalesce(numerator, 0) as numerator,
        coalesce(denominator, 0) as denominator,
        value,
        value_low,
        value_high,
        case {{ is_attained("value", "better_direction", "target_low", "target_high") }}
            when true then 'attained'
            when false then 'missed'
            else 'no data'
        end as status,
        -- The whole interval has to be on one side.
        case
            when value is null then 'no data'
            when {{ is_attained("worse_end", "better_direction", "target_low", "target_high") }}
                then 'attained'
            when not ({{
                is_attained("better_end", "better_direction", "target_low", "target_high")
            }}) then 'missed'
            else 'uncertain'
        end as status_beyond_chance,
        source
    from joined

)

select * from final
