{# Ends the query with a message, as a value of type string. #}
{% macro raise_error(message) -%}
    {{ return(adapter.dispatch("raise_error")(message)) }}
{%- endmacro %}

{% macro duckdb__raise_error(message) -%}
    cast(error({{ message }}) as string)
{%- endmacro %}

{% macro spark__raise_error(message) -%}
    cast(raise_error({{ message }}) as string)
{%- endmacro %}
