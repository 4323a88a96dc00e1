{#
    Levenshtein distance with unit costs, by code point: 0 for equal text, NULL where
    either is NULL. DuckDB's own levenshtein counts bytes ('中' to 'a' is 3), so
    scripts/duckdb_plugin.py brings one.
#}
{% macro edit_distance(left, right) -%}
    {{ return(adapter.dispatch("edit_distance")(left, right)) }}
{%- endmacro %}

{% macro duckdb__edit_distance(left, right) -%}
    edit_distance({{ left }}, {{ right }})
{%- endmacro %}

{% macro spark__edit_distance(left, right) -%}
    cast(levenshtein({{ left }}, {{ right }}) as bigint)
{%- endmacro %}
