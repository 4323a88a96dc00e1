{#
    Standard error of a ratio of sums over some conversations (delta method). How much one
    conversation varies comes from the window and the days before it together: a window
    alone may be too small to know. Prefixes of columns: of the sums, and of the ratio.
#}
{% macro alert_ratio_error(prefix) -%}
    sqrt(
        {{ prefix }}sample_size * greatest(
            spread_sum_xx - 2 * spread_ratio * spread_sum_xy
            + spread_ratio * spread_ratio * spread_sum_yy, 0
        ) / nullif(greatest(spread_sample_size - 1, 0), 0)
    ) / nullif(abs({{ prefix }}denominator), 0)
{%- endmacro %}
