{#
    What a JSON value is: object, array, string, boolean, null or number. NULL stays
    NULL. The first character of JSON text decides, on every engine.
#}
{% macro json_kind(json) -%}
    case substr(cast({{ json }} as string), 1, 1)
        when '{' then 'object'
        when '[' then 'array'
        when '"' then 'string'
        when 't' then 'boolean'
        when 'f' then 'boolean'
        when 'n' then 'null'
        else case when {{ json }} is not null then 'number' end
    end
{%- endmacro %}
