{# Grain: one row per metric and week, the last nine weeks that end with as_of. #}
{{ config(materialized="table") }}

with windows as (

    select * from {{ ref("windows") }}
    where window_name = 'last_7_days' and period = 'current'

),

definitions as (

    select * from {{ ref("metric_definitions") }}

),

days as (

    select * from {{ ref("metrics_daily") }}
    where dimension = 'all'

),

weeks as (
    {% for weeks_ago in range(9) %}
    select
        {{ weeks_ago }} as weeks_ago,
        {{ days_before("ends_on", 7 * weeks_ago + 6) }} as starts_on,
        {{ days_before("ends_on", 7 * weeks_ago) }} as ends_on
    from windows
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

-- Summed as decimals: the order of the days must not change a digit.
summed as (

    select
        days.metric_name,
        weeks.weeks_ago,
        weeks.starts_on,
        weeks.ends_on,
        cast(sum({{ exact_amount("days.numerator", "1e24") }}) as double) as numerator,
        cast(sum({{ exact_amount("days.denominator", "1e24") }}) as double) as denominator,
        {%- for sum in ["sum_xx", "sum_yy", "sum_xy"] %}
        cast(sum({{ exact_amount("days." ~ sum, "1e24") }}) as double) as {{ sum }},
        {%- endfor %}
        cast(sum(days.sample_size) as bigint) as sample_size
    from days
    inner join weeks on days.metric_date between weeks.starts_on and weeks.ends_on
    group by days.metric_name, weeks.weeks_ago, weeks.starts_on, weeks.ends_on

),

final as (

    select
        summed.metric_name,
        summed.weeks_ago,
        summed.starts_on,
        summed.ends_on,
        summed.numerator,
        summed.denominator,
        case
            when definitions.kind = 'ratio'
                then {{ ratio("summed.numerator", "summed.denominator") }}
            when summed.denominator > 0 then summed.numerator
        end as value,
        -- Of a total: conversations come by themselves, each with its own amount.
        case
            when definitions.kind = 'ratio'
                then sqrt({{ ratio_variance(
                    "summed.sample_size", "summed.numerator", "summed.denominator",
                    "summed.sum_xx", "summed.sum_yy", "summed.sum_xy",
                ) }})
            else sqrt(summed.sum_xx)
        end as standard_error,
        summed.sample_size
    from summed
    inner join definitions on summed.metric_name = definitions.metric_name

)

select * from final
