{# How many elements of a list are not NULL; NULL for no list. #}
{% macro list_count(list) -%}
    {{ return(adapter.dispatch("list_count")(list)) }}
{%- endmacro %}

{% macro duckdb__list_count(list) -%}
    len(list_filter({{ list }}, lambda element: element is not null))
{%- endmacro %}

{% macro spark__list_count(list) -%}
    cast(array_size(array_compact({{ list }})) as bigint)
{%- endmacro %}
