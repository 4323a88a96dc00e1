{#
    A select of the rows of a relation, each with two independent groups compared: one in
    numerator, denominator, sample_size, sum_xx, sum_yy, sum_xy, the other in the same
    columns prefixed by base_, and is_share. It adds value, base_value, variance and
    base_variance of the two ratios, difference with its 95 % interval, test_statistic and
    p_value. All are NULL where a group has no data, p_value too where nothing varies.

    A share: the z-test of two proportions, Newcombe's interval. Any other ratio: Welch's
    t-test on the delta method's variances.
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
                as {{ side }}wilson_high{% if not loop.last %},{% endif %}
            {%- endfor %}
        from {{ relation }} as sides
    ),

    differing as (
        select
            estimated.*,
            value - base_value as difference,
            case
                when is_share then {{ pooled_standard_error(
                    "numerator", "denominator", "base_numerator", "base_denominator"
                ) }}
                when variance > 0 and base_variance > 0 then sqrt(variance + base_variance)
            end as test_error,
            case when not is_share then {{ welch_df(
                "variance", "sample_size", "base_variance", "base_sample_size"
            ) }} end as degrees_of_freedom
        from estimated
    ),

    tested as (
        select
            differing.*,
            {{ ratio("difference", "test_error") }} as test_statistic
        from differing
    ),

    quantiles as (
        {{ student_t_quantiles(
            "(select distinct degrees_of_freedom from tested) as distinct_degrees",
            ["degrees_of_freedom"], "0.05e0", "degrees_of_freedom",
        ) }}
    )

    select
        tested.*,
        case
            when is_share
                then difference - sqrt(
                    power(value - wilson_low, 2) + power(base_wilson_high - base_value, 2)
                )
            else difference - t_quantile * sqrt(variance + base_variance)
        end as difference_low,
        case
            when is_share
                then difference + sqrt(
                    power(wilson_high - value, 2) + power(base_value - base_wilson_low, 2)
                )
            else difference + t_quantile * sqrt(variance + base_variance)
        end as difference_high,
        case
            when is_share then {{ two_sided_p("test_statistic") }}
            else {{ student_t_p("test_statistic", "tested.degrees_of_freedom") }}
        end as p_value
    from tested
    left join quantiles on tested.degrees_of_freedom = quantiles.degrees_of_freedom
{%- endmacro %}
