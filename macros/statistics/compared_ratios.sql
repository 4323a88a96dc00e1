{#
    A select of the rows of a relation, each with two independent groups compared: one in
    numerator, denominator, sample_size, sum_xx, sum_yy, sum_xy, the other in the same
    columns prefixed by base_, and is_share. It adds value, base_value, variance and
    base_variance of the two ratios, difference with its 95 % interval, test_statistic and
    p_value. All are NULL where a group has no data, p_value too where nothing varies.

    The standard error is the larger of two: from both groups together, and from each by
    itself. Each alone is too small for a small group of a skewed metric, which has little
    spread just when it has missed the large values (docs/statistics.md). The interval of a
    difference of shares is Newcombe's.
#}
{% macro compared_ratios(relation) -%}
    with estimated as (
        select
            sides.*,
            {%- for side in ["", "base_"] %}
            {{ ratio(side ~ "numerator", side ~ "denominator") }} as {{ side }}value,
            {{ ratio_variance(
                side ~ "sample_size", side ~ "numerator", side ~ "denominator",
                side ~ "sum_xx", side ~ "sum_yy", side ~ "sum_xy",
            ) }} as {{ side }}variance,
            {{ wilson_low(side ~ "numerator", side ~ "denominator") }} as {{ side }}wilson_low,
            {{ wilson_high(side ~ "numerator", side ~ "denominator") }}
                as {{ side }}wilson_high,
            {%- endfor %}
            {{ pooled_standard_error() }} as pooled_error
        from {{ relation }} as sides
    ),

    differing as (
        select
            estimated.*,
            value - base_value as difference,
            case when variance is not null and base_variance is not null
                then greatest(pooled_error, sqrt(variance + base_variance))
            end as standard_error
        from estimated
    ),

    tested as (
        select
            differing.*,
            {{ ratio("difference", "standard_error") }} as test_statistic
        from differing
    )

    select
        tested.*,
        case
            when is_share
                then difference - sqrt(
                    power(value - wilson_low, 2) + power(base_wilson_high - base_value, 2)
                )
            else difference - 1.959963984540054 * standard_error
        end as difference_low,
        case
            when is_share
                then difference + sqrt(
                    power(wilson_high - value, 2) + power(base_value - base_wilson_low, 2)
                )
            else difference + 1.959963984540054 * standard_error
        end as difference_high,
        {{ two_sided_p("test_statistic") }} as p_value
    from tested
{%- endmacro %}
