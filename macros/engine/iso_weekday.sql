{# The weekday of a wall-clock timestamp: 1 Monday to 7 Sunday. #}
{% macro iso_weekday(timestamp) -%}
    {{ return(adapter.dispatch("iso_weekday")(timestamp)) }}
{%- endmacro %}

{% macro duckdb__iso_weekday(timestamp) -%}
    cast(isodow({{ timestamp }}) as integer)
{%- endmacro %}

{% macro spark__iso_weekday(timestamp) -%}
    ((dayofweek({{ timestamp }}) + 5) % 7 + 1)
{%- endmacro %}
