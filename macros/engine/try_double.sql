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

{# Java reads '12d' and '0x1p3', too. #}
{% macro spark__try_double(text) -%}
    case
        when
            regexp_like(trim({{ text }}), '^[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?\\z')
            and abs(cast(trim({{ text }}) as double)) < cast('Infinity' as double)
            then cast(trim({{ text }}) as double)
    end
{%- endmacro %}
