{#
    Grain: one row per metric: the last seven days, the seven before, and the eight weeks
    before the last against which a week is unusual.
#}
{{ config(materialized="table") }}

{%- set minimum_weeks = 4 %}
{%- set minimum_sample = 20 %}
{#- Iglewicz and Hoaglin: a modified z-score beyond 3.5 is an outlier. -#}
{%- set unusual_z = 3.5 %}

with definitions as (

    select * from {{ ref("metric_definitions") }}

),

targets as (

    select * from {{ ref("targets") }}
    where level = 'target'

),

weeks as (

    select * from {{ ref("metrics_weekly") }}

),

baselines as (

    select
        metric_name,
        count(value) as baseline_week_count,
        {{ percentile("value", 0.5) }} as baseline_median
    from weeks
    where weeks_ago > 0 and sample_size >= {{ minimum_sample }}
    group by metric_name

),

-- Weeks differ by their median distance from the median, which a single wild week does not
-- move. The week's own sampling error comes on top: eight weeks may agree by luck.
spreads as (

    select
        weeks.metric_name,
        1.4826 * {{ percentile("abs(weeks.value - baselines.baseline_median)", 0.5) }}
            as baseline_spread
    from weeks
    inner join baselines on weeks.metric_name = baselines.metric_name
    where weeks.weeks_ago > 0 and weeks.sample_size >= {{ minimum_sample }}
    group by weeks.metric_name

),

joined as (

    select
        definitions.metric_name,
        definitions.label,
        definitions.unit,
        definitions.better_direction,
        {%- for name in ["this_week", "last_week"] %}
        coalesce({{ name }}.numerator, 0) as {{ name }}_numerator,
        coalesce({{ name }}.denominator, 0) as {{ name }}_denominator,
        {{ name }}.value as {{ name }},
        {%- endfor %}
        this_week.value - last_week.value as change,
        targets.low as target_low,
        targets.high as target_high,
        coalesce(baselines.baseline_week_count, 0) as baseline_week_count,
        baselines.baseline_median,
        spreads.baseline_spread,
        case
            when
                this_week.sample_size >= {{ minimum_sample }}
                and baselines.baseline_week_count >= {{ minimum_weeks }}
                then {{ ratio(
                    "this_week.value - baselines.baseline_median",
                    "sqrt(power(spreads.baseline_spread, 2) + power(this_week.standard_error, 2))",
                ) }}
        end as robust_z
    from definitions
    left join weeks as this_week
        on definitions.metric_name = this_week.metric_name and this_week.weeks_ago = 0
    left join weeks as last_week
        on definitions.metric_name = last_week.metric_name and last_week.weeks_ago = 1
    left join baselines on definitions.metric_name = baselines.metric_name
    left join spreads on definitions.metric_name = spreads.metric_name
    left join targets on definitions.metric_name = targets.metric_name

),

final as (

    select
        metric_name,
        label,
        unit,
        better_direction,
        this_week_numerator,
        this_week_denominator,
        this_week,
        last_week_numerator,
        last_week_denominator,
        last_week,
        change,
        {{ ratio("change", "abs(last_week)") }} as relative_change,
        case better_direction when 'up' then change > 0 when 'down' then change < 0 end
            as is_improvement,
        target_low,
        target_high,
        case
            when target_low is null and target_high is null then 'no target'
            when this_week is null then 'no data'
            when {{ is_attained("this_week", "better_direction", "target_low", "target_high") }}
                then 'attained'
            else 'missed'
        end as status,
        baseline_week_count,
        baseline_median,
        baseline_spread,
        robust_z,
        case
            when robust_z > {{ unusual_z }} then 'unusually high'
            when robust_z < -{{ unusual_z }} then 'unusually low'
            when robust_z is not null then 'usual'
            else 'not enough data'
        end as anomaly
    from joined

)

select * from final
