{#
    Grain: one row per experiment, variant and metric: its sums over units. A metric that
    none of the units could have has no row.
#}
{{ config(materialized="table") }}

with units as (

    select * from {{ ref("int_experiment_units_measured") }}

),

final as (
    {% for metric in metrics() %}
    {%- set x, y = metric.numerator, metric.denominator %}
    select
        experiment,
        variant,
        '{{ metric.name }}' as metric_name,
        -- A customer's conversations can be more than one success.
        {{ "true" if metric.is_share else "false" }} and assignment_unit = 'conversation'
            as is_share,
        {%- for column, value in [
            ("numerator", x), ("denominator", y),
            ("sum_xx", x ~ " * " ~ x), ("sum_yy", y ~ " * " ~ y), ("sum_xy", x ~ " * " ~ y),
        ] %}
        cast(sum({{ exact_amount(value, "1e24") }}) as double) as {{ column }},
        {%- endfor %}
        cast(sum(case when {{ y }} <> 0 then 1 else 0 end) as bigint) as sample_size
    from units
    group by experiment, variant, assignment_unit
    having sum({{ metric.population }}) > 0
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final
