{# numerator / denominator as a double; NULL where there is nothing to divide by. #}
{% macro ratio(numerator, denominator) -%}
    (
        cast({{ numerator }} as double)
        / nullif(cast({{ denominator }} as double), 0)
    )
{%- endmacro %}
