{#
    Whether a text holds a match of the RE2 pattern in another column, as BigQuery's
    REGEXP_CONTAINS. A pattern that is none gives NULL, where BigQuery fails the query.
    For the readings as published only: nothing of ours takes data for a pattern.
#}
{% macro pattern_matches(text, pattern) -%}
    {{ return(adapter.dispatch("pattern_matches")(text, pattern)) }}
{%- endmacro %}

{#
    A pattern that differs from row to row is compiled for every row, some 50 times the
    cost of LIKE. A sentence is nearly always letters and full stops (any character but a
    line feed), at most one question mark at its end (what precedes it is optional).
#}
{% macro duckdb__pattern_matches(text, pattern) -%}
    {%- set is_plain = "regexp_full_match(" ~ pattern ~ ", '[^\\^$*+?()\\[\\]{}|\\\\]+\\??')" -%}
    {%- set always -%}
    case
        when right({{ pattern }}, 1) = '?'
            then left({{ pattern }}, greatest(length({{ pattern }}) - 2, 0))
        else {{ pattern }}
    end
    {%- endset -%}
    case
        when {{ is_plain }} and contains({{ text }}, {{ always }}) then true
        when {{ is_plain }} and not contains({{ text }}, chr(10))
            then {{ text }} like '%' || replace(replace(replace(
                {{ always }}, '%', '\%'), '_', '\_'), '.', '_') || '%' escape '\'
        else try(regexp_matches({{ text }}, {{ pattern }}))
    end
{%- endmacro %}

{#
    Java's patterns are those of RE2 and more (a look-ahead is none for RE2). No function of
    Spark says whether a text is a pattern: a Java method that takes one fails or does not.
#}
{% macro spark__pattern_matches(text, pattern) -%}
    case
        when try_reflect(
            'org.apache.commons.lang3.RegExUtils', 'replaceFirst', '', {{ pattern }}, ''
        ) is not null
            then regexp_like({{ text }}, '(?d)' || {{ pattern }})
    end
{%- endmacro %}
