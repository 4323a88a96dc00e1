{#
    The number in a JSON value: numbers, numeric text, and booleans as 1 and 0.
    Anything else is NULL.
#}
{% macro json_number(json) -%}
    case {{ json_kind(json) }}
        when 'number' then {{ try_double("cast(" ~ json ~ " as string)") }}
        when 'string' then {{ try_double(json_text(json)) }}
        when 'boolean'
            then cast(case when cast({{ json }} as string) = 'true' then 1 else 0 end as double)
    end
{%- endmacro %}
