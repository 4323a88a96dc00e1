{#
    Opens one layer of text: a JSON string that holds JSON becomes that JSON, a string
    that does not is NULL, anything else stays as it is.
#}
{% macro json_unwrap(json) -%}
    {{ return(adapter.dispatch("json_unwrap")(json)) }}
{%- endmacro %}

{% macro duckdb__json_unwrap(json) -%}
    case
        when {{ json_kind(json) }} != 'string' then {{ json }}
        when json_valid({{ json_text(json) }}) then cast({{ json_text(json) }} as json)
    end
{%- endmacro %}
