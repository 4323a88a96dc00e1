{# Whole hours from 1970 to a timestamp, so that hours are compared as integers. #}
{% macro hour_number(timestamp) -%}
    cast(floor({{ timestamp_to_micros(timestamp) }} / 3600000000.0) as bigint)
{%- endmacro %}

{# The timestamp that an hour number stands for. #}
{% macro hour_at(number) -%}
    {{ micros_to_timestamp("(" ~ number ~ ") * 3600000000") }}
{%- endmacro %}
