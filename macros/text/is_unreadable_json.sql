{# True where an export gives text in a JSON column and the text is no JSON. #}
{% macro is_unreadable_json(given, unwrapped) -%}
    (
        {{ given }} is not null
        and {{ unwrapped }} is null
        and cast({{ given }} as string) != '""'
        and cast({{ given }} as string) != '"' || chr(92) || '"' || chr(92) || '""'
    )
{%- endmacro %}
