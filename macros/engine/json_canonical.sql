{# JSON text that does not depend on the order of keys: equal objects, equal text. #}
{% macro json_canonical(json) -%}
    {{ return(adapter.dispatch("json_canonical")(json)) }}
{%- endmacro %}

{% macro duckdb__json_canonical(json) -%}
    cast(cast(cast({{ json }} as variant) as json) as varchar)
{%- endmacro %}
