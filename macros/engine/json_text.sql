{#
    The text of a JSON scalar: a string without its quotes, a number or boolean as
    written. NULL for JSON null. Objects and arrays give their JSON text.
#}
{% macro json_text(json) -%}
    {{ return(adapter.dispatch("json_text")(json)) }}
{%- endmacro %}

{% macro duckdb__json_text(json) -%}
    json_extract_string({{ json }}, '$')
{%- endmacro %}

{% macro spark__json_text(json) -%}
    case {{ json_kind(json) }}
        when 'string' then get_json_object({{ json }}, '$')
        when 'null' then null
        else {{ json }}
    end
{%- endmacro %}
