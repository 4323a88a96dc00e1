{# The hour, 0 to 23, of a wall-clock timestamp. #}
{% macro hour_of(timestamp) -%}
    cast(extract(hour from {{ timestamp }}) as integer)
{%- endmacro %}
