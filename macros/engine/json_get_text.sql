{#
    The scalar at a constant path as text. Objects, arrays and JSON null are NULL, as
    with BigQuery's JSON_VALUE.
#}
{% macro json_get_text(json, path) -%}
    {{ return(adapter.dispatch("json_get_text")(json, path)) }}
{%- endmacro %}

{% macro duckdb__json_get_text(json, path) -%}
    case
        when json_value({{ json }}, '{{ path }}') is not null
            then json_extract_string({{ json }}, '{{ path }}')
    end
{%- endmacro %}

{% macro spark__json_get_text(json, path) -%}
    case
        when {{ json_kind(json_get(json, path)) }} in ('string', 'number', 'boolean')
            then {{ json_text(json_get(json, path)) }}
    end
{%- endmacro %}
