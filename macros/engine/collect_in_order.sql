{# The non-NULL values of a group as a list in the order given; NULL without any. #}
{% macro collect_in_order(value, order) -%}
    {{ return(adapter.dispatch("collect_in_order")(value, order)) }}
{%- endmacro %}

{% macro duckdb__collect_in_order(value, order) -%}
    list({{ value }} order by {{ order }}) filter ({{ value }} is not null)
{%- endmacro %}
