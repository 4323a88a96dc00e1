{#
    A 64-bit hash of values: equal values, equal number. Two different ones may share a
    number, too, so it only says what need not be compared.
#}
{% macro fingerprint(columns) -%}
    {{ return(adapter.dispatch("fingerprint")(columns)) }}
{%- endmacro %}

{% macro duckdb__fingerprint(columns) -%}
    hash({{ columns | join(", ") }})
{%- endmacro %}

{% macro spark__fingerprint(columns) -%}
    xxhash64({{ columns | join(", ") }})
{%- endmacro %}
