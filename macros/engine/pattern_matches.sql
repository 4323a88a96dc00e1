{#
    Whether a text holds a match of the RE2 pattern in another column, as BigQuery's
    REGEXP_CONTAINS. A pattern that is none gives NULL, where BigQuery fails the query.
    For the readings as published only: nothing of ours takes data for a pattern.
#}
{% macro pattern_matches(text, pattern) -%}
    {{ return(adapter.dispatch("pattern_matches")(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__pattern_matches(text, pattern) -%}
    try(regexp_matches({{ text }}, {{ pattern }}))
{%- endmacro %}
