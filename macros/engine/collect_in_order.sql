{# The non-NULL values of a group as a list in the order given; NULL without any. #}
{% macro collect_in_order(value, order) -%}
    {{ return(adapter.dispatch("collect_in_order")(value, order)) }}
{%- endmacro %}

{% macro duckdb__collect_in_order(value, order) -%}
    list({{ value }} order by {{ order }}) filter ({{ value }} is not null)
{%- endmacro %}

{# Sorted by a struct, so `order` is columns, ascending, without NULLs. #}
{% macro spark__collect_in_order(value, order) -%}
    case when count({{ value }}) > 0 then
        transform(
            array_sort(
                collect_list(named_struct('place', struct({{ order }}), 'value', {{ value }}))
                filter (where {{ value }} is not null)
            ),
            element -> element.value
        )
    end
{%- endmacro %}
