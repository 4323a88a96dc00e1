{# Microseconds since 1970: times are subtracted as integers, never by date_diff. #}
{% macro timestamp_to_micros(timestamp) -%}
    {{ return(adapter.dispatch("timestamp_to_micros")(timestamp)) }}
{%- endmacro %}

{% macro duckdb__timestamp_to_micros(timestamp) -%}
    epoch_us({{ timestamp }})
{%- endmacro %}

{% macro spark__timestamp_to_micros(timestamp) -%}
    unix_micros({{ timestamp }})
{%- endmacro %}
