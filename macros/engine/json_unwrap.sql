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

{# Spark's parsers stop where a value ends; within brackets they see what follows it. #}
{% macro spark__json_unwrap(json) -%}
    case
        when {{ json_kind(json) }} != 'string' then {{ json }}
        when
            try_parse_json('[' || {{ json_text(json) }} || ']') is not null
            and try_parse_json('{"value":' || {{ json_text(json) }} || '}') is not null
            then {{ json_text(json) }}
    end
{%- endmacro %}
