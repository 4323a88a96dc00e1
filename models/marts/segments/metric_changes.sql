{#
    Grain: one row per comparison, metric, single-valued dimension and segment: what the
    segment adds to the change of the metric.
#}
{{ config(materialized="table") }}

with both_periods as (

    select * from {{ ref("metrics_by_change_period") }}

),

dimensions as (

    select * from {{ ref("segment_dimensions") }}
    where not is_many_valued

),

definitions as (

    select * from {{ ref("metric_definitions") }}

),

segments as (

    select
        both_periods.*,
        definitions.kind = 'total' as is_total,
        {%- for side in ["", "base_"] %}
        totals.{{ side }}numerator as total_{{ side }}numerator,
        totals.{{ side }}denominator as total_{{ side }}denominator,
        totals.{{ side }}sum_yy as total_{{ side }}sum_yy
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from both_periods
    inner join definitions on both_periods.metric_name = definitions.metric_name
    inner join both_periods as totals
        on
            both_periods.comparison_name = totals.comparison_name
            and both_periods.metric_name = totals.metric_name
            and totals.dimension = 'all'
    left join dimensions on both_periods.dimension = dimensions.dimension
    where
        (dimensions.dimension is not null or both_periods.dimension = 'all')
        and totals.denominator > 0 and totals.base_denominator > 0

),

explained as (
    {{ change_effects("segments") }}
),

tested as (

    select
        explained.*,
        {{ ratio("explained.contribution", "explained.contribution_error") }} as z,
        explained.sample_size + explained.base_sample_size >= {{ var("minimum_sample") }}
            as has_enough_sample,
        wholes.contribution as metric_change,
        wholes.contribution_error as metric_change_error,
        sum(explained.rate_effect) over whole as rate_effects,
        sum(power(explained.rate_effect_error, 2)) over whole as rate_effects_variance
    from explained
    inner join explained as wholes
        on
            explained.comparison_name = wholes.comparison_name
            and explained.metric_name = wholes.metric_name
            and wholes.dimension = 'all'
    where explained.dimension <> 'all'
    -- In an order, because a sum of doubles depends on it.
    window whole as (
        partition by explained.comparison_name, explained.metric_name, explained.dimension
        order by explained.segment
        rows between unbounded preceding and unbounded following
    )

),

with_p_value as (

    select
        tested.*,
        case when has_enough_sample then {{ two_sided_p("z") }} end as p_value
    from tested

),

adjusted as (
    {{ adjusted_p_values("with_p_value", "p_value", ["comparison_name", "metric_name"]) }}
),

final as (

    select
        comparison_name,
        metric_name,
        dimension,
        segment,
        {%- for side, name in [("", ""), ("base_", "previous_")] %}
        {{ side }}numerator as {{ name }}numerator,
        {{ side }}denominator as {{ name }}denominator,
        {{ side }}sample_size as {{ name }}sample_size,
        {{ ratio(side ~ "numerator", side ~ "denominator") }} as {{ name }}value,
        {%- endfor %}
        metric_change,
        metric_change - 1.959963984540054 * metric_change_error as metric_change_low,
        metric_change + 1.959963984540054 * metric_change_error as metric_change_high,
        mix_effect,
        rate_effect,
        contribution,
        contribution - 1.959963984540054 * contribution_error as contribution_low,
        contribution + 1.959963984540054 * contribution_error as contribution_high,
        p_value,
        q_value,
        q_value <= 0.05 as is_significant,
        cast(row_number() over (
            partition by comparison_name, metric_name
            order by
                has_enough_sample desc,
                {{ beyond_noise("contribution", "contribution_error") }} desc,
                round(abs(z), 9) desc nulls last, dimension, segment
        ) as bigint) as contribution_rank,
        metric_change * rate_effects < 0
        and abs(metric_change) > 1.959963984540054 * metric_change_error
        and abs(rate_effects) > 1.959963984540054 * sqrt(rate_effects_variance)
            as is_simpson
    from adjusted

)

select * from final
