{# A struct of {name: SQL value}. #}
{% macro struct_of(fields) -%}
    {{ return(adapter.dispatch("struct_of")(fields)) }}
{%- endmacro %}

{% macro duckdb__struct_of(fields) -%}
    {{ "{" }}
    {%- for name, value in fields.items() -%}
        '{{ name }}': {{ value }}{% if not loop.last %}, {% endif %}
    {%- endfor -%}
    {{ "}" }}
{%- endmacro %}

{% macro spark__struct_of(fields) -%}
    named_struct(
    {%- for name, value in fields.items() -%}
        '{{ name }}', {{ value }}{% if not loop.last %}, {% endif %}
    {%- endfor -%}
    )
{%- endmacro %}
