{# 'c' of 'a/b/c'; a text without slashes as it is. #}
{% macro last_path_segment(text) -%}
    {{ return(adapter.dispatch("last_path_segment")(text)) }}
{%- endmacro %}

{% macro duckdb__last_path_segment(text) -%}
    split_part(rtrim({{ text }}, '/'), '/', -1)
{%- endmacro %}

{% macro spark__last_path_segment(text) -%}
    substring_index(trim(trailing '/' from {{ text }}), '/', -1)
{%- endmacro %}
