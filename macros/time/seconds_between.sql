{# Seconds from one UTC timestamp to another as a double, NULL where either is NULL. #}
{% macro seconds_between(earlier, later) -%}
    (
        cast(
            {{ timestamp_to_micros(later) }} - {{ timestamp_to_micros(earlier) }}
            as double
        ) / 1000000
    )
{%- endmacro %}
