{# The JSON value of the property whose name is in a column. #}
{% macro json_property(json, name) -%}
    {{ return(adapter.dispatch("json_property")(json, name)) }}
{%- endmacro %}

{% macro duckdb__json_property(json, name) -%}
    json_extract({{ json }}, '$."' || {{ name }} || '"')
{%- endmacro %}
