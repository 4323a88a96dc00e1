{#
    The sum of a column in a given order. Floating-point sums depend on their order: an
    incremental build and a full one must give the same to the last bit.
#}
{% macro sum_in_order(value, order) -%}
    {{ return(adapter.dispatch("sum_in_order")(value, order)) }}
{%- endmacro %}

{% macro duckdb__sum_in_order(value, order) -%}
    sum({{ value }} order by {{ order }}) filter (where ({{ value }}) is not null)
{%- endmacro %}

{# The text of a double is exact, and only texts are aggregated in an order. #}
{% macro spark__sum_in_order(value, order) -%}
    aggregate(
        split(listagg(cast({{ value }} as string), ' ') within group (order by {{ order }}), ' '),
        cast(0 as double),
        (total, addend) -> total + cast(addend as double)
    )
{%- endmacro %}
