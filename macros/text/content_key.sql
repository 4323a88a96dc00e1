{# A key made of values: equal values, equal key; NULL is not the empty text. #}
{% macro content_key(columns) -%}
    md5(concat(
        {%- for column in columns %}
        coalesce('=' || cast({{ column }} as string), '-'), chr(31)
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    ))
{%- endmacro %}
