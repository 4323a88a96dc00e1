{#
    Grain: one row per comparison, metric, dimension and segment: its sums of the current
    period, and those of the previous one as base_*.
#}

{%- set keys = ["comparison_name", "metric_name", "dimension", "segment"] %}
{%- set sums = {
    "numerator": "double", "denominator": "double", "sample_size": "bigint",
    "sum_xx": "double", "sum_yy": "double", "sum_xy": "double",
} %}

with days as (

    select * from {{ ref("int_metrics_aggregated_to_days") }}

),

periods as (

    select * from {{ ref("change_periods") }}

),

summed as (

    select
        periods.comparison_name,
        periods.period,
        days.dimension,
        days.segment,
        {{ summed_term_columns(metrics()) }}
    from days
    inner join periods on days.metric_date between periods.starts_on and periods.ends_on
    group by periods.comparison_name, periods.period, days.dimension, days.segment

),

valued as (
    {{ metric_rows(metrics(), "summed", ["comparison_name", "period", "dimension", "segment"]) }}
),

-- A segment that a period lacks is a zero there.
final as (

    select
        {%- for side, period in [("", "current"), ("base_", "previous")] %}
        {%- for sum, type in sums.items() %}
        cast(sum(case when period = '{{ period }}' then {{ sum }} else 0 end) as {{ type }})
            as {{ side }}{{ sum }},
        {%- endfor %}
        {%- endfor %}
        {{ keys | join(",
        ") }}
    from valued
    group by {{ keys | join(", ") }}

)

select * from final
