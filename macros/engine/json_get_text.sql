{#
    The scalar at a constant path as text. Objects, arrays and JSON null are NULL, as
    with BigQuery's JSON_VALUE.
#}
{% macro json_get_text(json, path) -%}
    case
        when {{ json_kind(json_get(json, path)) }} in ('string', 'number', 'boolean')
            then {{ json_text(json_get(json, path)) }}
    end
{%- endmacro %}
