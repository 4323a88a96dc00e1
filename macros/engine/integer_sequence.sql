{# The whole numbers from first to last as a list; empty where last is less. #}
{% macro integer_sequence(first, last) -%}
    {{ return(adapter.dispatch("integer_sequence")(first, last)) }}
{%- endmacro %}

{% macro duckdb__integer_sequence(first, last) -%}
    generate_series({{ first }}, {{ last }})
{%- endmacro %}

{# Spark's own counts down where last is less. #}
{% macro spark__integer_sequence(first, last) -%}
    case when {{ first }} <= {{ last }}
        then sequence(cast({{ first }} as bigint), cast({{ last }} as bigint))
    end
{%- endmacro %}
