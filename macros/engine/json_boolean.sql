{# The boolean in a JSON value: true, false, their text, 1 and 0. Else NULL. #}
{% macro json_boolean(json) -%}
    case lower(trim({{ json_text(json) }}))
        when 'true' then true
        when '1' then true
        when 'false' then false
        when '0' then false
    end
{%- endmacro %}
