{# The JSON value at a constant path such as '$.reply', NULL where there is none. #}
{% macro json_get(json, path) -%}
    {{ return(adapter.dispatch("json_get")(json, path)) }}
{%- endmacro %}

{% macro duckdb__json_get(json, path) -%}
    json_extract({{ json }}, '{{ path }}')
{%- endmacro %}
