{#
    A metric is a ratio of sums over conversations: x of the numerator, y of the
    denominator. Everything here follows from six sums, so from any rollup: n conversations
    with y <> 0, and the sums of x, y, x * x, y * y, x * y.
#}

{# Variance of sum_x / sum_y by the delta method; NULL for n < 2 or sum_y = 0. #}
{% macro ratio_variance(n, sum_x, sum_y, sum_xx, sum_yy, sum_xy) -%}
    {%- set value = ratio(sum_x, sum_y) -%}
    (case when {{ n }} > 1 and {{ sum_y }} <> 0 then
        greatest(0e0, {{ sum_xx }} - 2 * {{ value }} * {{ sum_xy }}
        + {{ value }} * {{ value }} * {{ sum_yy }})
        / {{ sum_y }} / {{ sum_y }} * {{ n }} / ({{ n }} - 1e0)
    end)
{%- endmacro %}

{# Variance of value / base - 1 of two independent ratios; NULL for a base of 0. #}
{% macro lift_variance(value, variance, base, base_variance) -%}
    (
        ({{ variance }} + {{ ratio(value, base) }} * {{ ratio(value, base) }}
        * {{ base_variance }}) / nullif(cast({{ base }} * {{ base }} as double), 0)
    )
{%- endmacro %}

{#
    Degrees of freedom of the difference of two independent ratios with their variances
    (Welch, Satterthwaite); NULL where neither varies.
#}
{% macro welch_df(variance_a, n_a, variance_b, n_b) -%}
    (
        power({{ variance_a }} + {{ variance_b }}, 2) / nullif(
            power({{ variance_a }}, 2) / nullif({{ n_a }} - 1e0, 0)
            + power({{ variance_b }}, 2) / nullif({{ n_b }} - 1e0, 0), 0
        )
    )
{%- endmacro %}

{#
    Standard error of the difference of two ratios, from the spread of both groups together
    about their common ratio: the one to test with when there is no difference. Of shares
    it is that of the z-test of two proportions. `sides` are prefixes of the columns that
    hold the six sums.
#}
{% macro pooled_standard_error(sides=["", "base_"]) -%}
    {%- set total = {} -%}
    {%- for sum in ["numerator", "denominator", "sample_size", "sum_xx", "sum_yy", "sum_xy"] -%}
        {%- set _ = total.update({sum: "(" ~ sides[0] ~ sum ~ " + " ~ sides[1] ~ sum ~ ")"}) -%}
    {%- endfor -%}
    {%- set value = ratio(total.numerator, total.denominator) -%}
    sqrt(
        greatest(0e0, {{ total.sum_xx }} - 2 * {{ value }} * {{ total.sum_xy }}
        + {{ value }} * {{ value }} * {{ total.sum_yy }})
        / nullif({{ total.sample_size }} - 1e0, 0)
        * (
            {%- for side in sides %}
            {{ side }}sample_size / nullif({{ side }}denominator * {{ side }}denominator, 0)
            {%- if not loop.last %} + {% endif %}
            {%- endfor %}
        )
    )
{%- endmacro %}
