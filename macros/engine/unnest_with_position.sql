{#
    Opens a list: one row an element, with its 1-based position. An empty or NULL list
    gives no row, so the parent table stays the denominator. To be written after the
    FROM clause's table: `from conversations {{ unnest_with_position(...) }}`.
#}
{% macro unnest_with_position(list, item, position) -%}
    {{ return(adapter.dispatch("unnest_with_position")(list, item, position)) }}
{%- endmacro %}

{% macro duckdb__unnest_with_position(list, item, position) -%}
    cross join lateral (
        select unnest({{ list }}), generate_subscripts({{ list }}, 1)
    ) as {{ item }}_row({{ item }}, {{ position }})
{%- endmacro %}

{% macro spark__unnest_with_position(list, item, position) -%}
    cross join lateral inline(transform(
        {{ list }},
        (element, place) -> named_struct('position', place + cast(1 as bigint), 'element', element)
    )) as {{ item }}_row({{ position }}, {{ item }})
{%- endmacro %}
