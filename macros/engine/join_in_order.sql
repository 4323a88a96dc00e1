{# The non-NULL texts of a group, joined in the order given; NULL without any. #}
{% macro join_in_order(text, separator, order) -%}
    {{ return(adapter.dispatch("join_in_order")(text, separator, order)) }}
{%- endmacro %}

{% macro duckdb__join_in_order(text, separator, order) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ order }})
{%- endmacro %}

{% macro spark__join_in_order(text, separator, order) -%}
    listagg({{ text }}, '{{ separator }}') within group (order by {{ order }})
{%- endmacro %}
