{# Ends the query with a message, as a value of type varchar. #}
{% macro raise_error(message) -%}
    {{ return(adapter.dispatch("raise_error")(message)) }}
{%- endmacro %}

{% macro duckdb__raise_error(message) -%}
    cast(error({{ message }}) as varchar)
{%- endmacro %}
