{# Grain: one row per metric: how it is declared in macros/metrics/metrics.sql. #}
{{ config(materialized="table") }}

with final as (
    {% for metric in metrics() %}
    select
        {{ loop.index }} as metric_order,
        '{{ metric.name }}' as metric_name,
        '{{ metric.label }}' as label,
        '{{ metric.kind }}' as kind,
        '{{ metric.numerator }}' as numerator_measure,
        '{{ metric.denominator }}' as denominator_measure,
        '{{ metric.population }}' as population_measure,
        '{{ metric.unit }}' as unit,
        '{{ metric.direction }}' as better_direction,
        {{ "true" if metric.is_nested else "false" }} as is_nested,
        {{ "true" if metric.is_share else "false" }} as is_share,
        '{{ metric.document }}' as document,
        '{{ dbt.escape_single_quotes(metric.definition) }}' as definition, -- noqa: LT05
        '{{ dbt.escape_single_quotes(metric.notes) }}' as notes -- noqa: LT05
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
)

select * from final
