{# The date a number of days before another. #}
{% macro days_before(date, days) -%}
    {{ return(adapter.dispatch("days_before")(date, days)) }}
{%- endmacro %}

{% macro duckdb__days_before(date, days) -%}
    ({{ date }} - cast({{ days }} as integer))
{%- endmacro %}

{% macro spark__days_before(date, days) -%}
    date_sub({{ date }}, cast({{ days }} as int))
{%- endmacro %}
