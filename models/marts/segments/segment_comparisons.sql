{# Grain: one row per reporting window, metric, dimension and segment, against the rest. #}
{{ config(materialized="table") }}

{%- set keys = ["window_name", "starts_on", "ends_on", "metric_name"] %}
{%- set sums = [
    "numerator", "denominator", "sample_size", "sum_xx", "sum_yy", "sum_xy",
] %}

with metrics_by_window as (

    select * from {{ ref("metrics_by_window") }}
    where period = 'current'

),

dimensions as (

    select * from {{ ref("segment_dimensions") }}

),

definitions as (

    select * from {{ ref("metric_definitions") }}

),

totals as (

    select * from metrics_by_window
    where dimension = 'all'

),

-- The rest is everything but the segment, of many-valued dimensions too.
sides as (

    select
        {%- for key in keys %}
        segments.{{ key }},
        {%- endfor %}
        segments.dimension,
        segments.segment,
        definitions.better_direction,
        definitions.is_share,
        {%- for sum in sums %}
        segments.{{ sum }},
        totals.{{ sum }} - segments.{{ sum }} as base_{{ sum }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from metrics_by_window as segments
    inner join dimensions on segments.dimension = dimensions.dimension
    inner join definitions on segments.metric_name = definitions.metric_name
    inner join totals
        on
            segments.window_name = totals.window_name
            and segments.metric_name = totals.metric_name

),

compared as (
    {{ compared_ratios("sides") }}
),

gated as (

    select
        compared.*,
        {{ has_enough_sample() }} as has_enough_sample,
        case when {{ has_enough_sample() }} then p_value end as tested_p_value,
        case
            when {{ has_enough_sample() }} and segment <> '(unknown)'
                then case better_direction when 'up' then value when 'down' then -value end
        end as goodness
    from compared

),

adjusted as (
    {{ adjusted_p_values("gated", "tested_p_value", ["window_name", "metric_name", "dimension"]) }}
),

ranked as (

    select
        adjusted.*,
        q_value <= 0.05 as is_significant,
        (better_direction = 'up') = (difference > 0) as is_better,
        {%- for name, order in [("rank_from_best", "desc"), ("rank_from_worst", "asc")] %}
        case
            when goodness is not null
                then rank() over (
                        partition by window_name, metric_name, dimension
                        order by goodness {{ order }} nulls last
                    )
        end as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from adjusted

),

final as (

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        dimension,
        segment,
        numerator,
        denominator,
        value,
        case when is_share then wilson_low else value - 1.959963984540054 * sqrt(variance) end
            as value_low,
        case when is_share then wilson_high else value + 1.959963984540054 * sqrt(variance) end
            as value_high,
        sample_size,
        base_numerator as rest_numerator,
        base_denominator as rest_denominator,
        base_value as rest_value,
        base_sample_size as rest_sample_size,
        difference,
        difference_low,
        difference_high,
        tested_p_value as p_value,
        tests_in_family,
        p_holm,
        q_value,
        has_enough_sample,
        is_significant,
        cast(rank_from_best as bigint) as segment_rank,
        coalesce(is_significant and is_better and rank_from_best = 1, false) as is_best,
        coalesce(is_significant and not is_better and rank_from_worst = 1, false) as is_worst,
        case
            when denominator = 0 then 'no data'
            when base_denominator = 0 then 'nothing to compare with'
            when not has_enough_sample then 'too few conversations'
            when tested_p_value is null then 'does not vary'
            when not is_significant then 'no difference shown'
            when better_direction = 'none' then 'different'
            when is_better then 'better'
            else 'worse'
        end as verdict
    from ranked

)

select * from final
