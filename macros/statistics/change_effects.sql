{#
    Why a metric moved: a select of the rows of a relation, one a segment, with what each
    adds to the change of the whole. The segment now is in numerator, denominator,
    sample_size, sum_xx, sum_yy, sum_xy, before in base_*; the whole in total_* and
    total_base_*; `is_total` says that the metric is its numerator. The whole must have data
    in both periods.

    mix_effect: the segment's weight changed (of a total: its number of conversations).
    rate_effect: its own value changed. Each at the mean of both periods (Kitagawa), weights
    against the mean value of the whole: they sum over segments to the change, exactly.
    contribution is both together. *_error are standard errors by the delta method; of a
    total, the number of conversations is taken as random, too.
#}
{% macro change_effects(relation) -%}
    with weighed as (
        select
            segments.*,
            {%- for side in ["", "base_"] %}
            case when is_total then 1e0 else total_{{ side }}denominator end as {{ side }}scale,
            coalesce({{ ratio_variance(
                side ~ "sample_size", side ~ "numerator", side ~ "denominator",
                side ~ "sum_xx", side ~ "sum_yy", side ~ "sum_xy",
            ) }}, 0) as {{ side }}variance,
            {%- endfor %}
            case when is_total then 0e0 else (
                {{ ratio("total_numerator", "total_denominator") }}
                + {{ ratio("total_base_numerator", "total_base_denominator") }}
            ) / 2 end as centre,
            -- The value of a segment that one period lacks is that of the other.
            coalesce(
                ({{ ratio("numerator", "denominator") }}
                + {{ ratio("base_numerator", "base_denominator") }}) / 2,
                {{ ratio("numerator", "denominator") }},
                {{ ratio("base_numerator", "base_denominator") }},
                0e0
            ) as mean_value
        from {{ relation }} as segments
    ),

    parted as (
        select
            weighed.*,
            {%- for side in ["", "base_"] %}
            {{ side }}denominator / {{ side }}scale as {{ side }}weight,
            {{ side }}numerator / {{ side }}scale as {{ side }}part,
            ({{ side }}numerator - centre * {{ side }}denominator) / {{ side }}scale
                as {{ side }}excess
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        from weighed
    ),

    split as (
        select
            parted.*,
            (weight - base_weight) * (mean_value - centre) as mix_effect,
            part - base_part - (weight - base_weight) * mean_value as rate_effect,
            excess - base_excess as contribution,
            {%- for side in ["", "base_"] %}
            case when is_total then {{ side }}sum_xx else greatest(
                0e0,
                {{ side }}sum_xx - 2 * centre * {{ side }}sum_xy
                + centre * centre * {{ side }}sum_yy
                - 2 * {{ side }}excess * ({{ side }}sum_xy - centre * {{ side }}sum_yy)
                + {{ side }}excess * {{ side }}excess * total_{{ side }}sum_yy
            ) / {{ side }}scale / {{ side }}scale end as {{ side }}excess_variance
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        from parted
    )

    select
        split.*,
        sqrt(excess_variance + base_excess_variance) as contribution_error,
        abs(weight + base_weight) / 2 * sqrt(variance + base_variance) as rate_effect_error
    from split
{%- endmacro %}

{# How much of an effect is left when its 95 % interval is taken off: 0 for mere noise. #}
{% macro beyond_noise(effect, error) -%}
    greatest(0e0, abs({{ effect }}) - 1.959963984540054 * {{ error }})
{%- endmacro %}
