{# A list of SQL values. #}
{% macro list_of(values) -%}
    {{ return(adapter.dispatch("list_of")(values)) }}
{%- endmacro %}

{% macro duckdb__list_of(values) -%}
    [{{ values | join(", ") }}]
{%- endmacro %}

{% macro spark__list_of(values) -%}
    array({{ values | join(", ") }})
{%- endmacro %}
