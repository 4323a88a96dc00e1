{# A finite double from text, else NULL: 'abc', 'nan' and '1e999' are no numbers. #}
{% macro try_double(text) -%}
    {{ return(adapter.dispatch("try_double")(text)) }}
{%- endmacro %}

{% macro duckdb__try_double(text) -%}
    case
        when isfinite(try_cast(trim({{ text }}) as double))
            then try_cast(trim({{ text }}) as double)
    end
{%- endmacro %}
