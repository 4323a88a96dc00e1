{# A text as an SQL literal; none is NULL. #}
{% macro text_literal(text) -%}
    {%- if text is none -%}cast(null as string)
    {%- else -%}'{{ escape_single_quotes(text) }}'
    {%- endif -%}
{%- endmacro %}
