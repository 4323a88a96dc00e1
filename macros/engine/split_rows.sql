{#
    A select that makes several rows of each row of a relation. `keys` are the columns that
    all of them keep; `rows` is a list of what one of them holds ({"columns": {name: SQL}})
    and of where it is made ({"condition": SQL}).
#}
{% macro split_rows(relation, keys, rows) -%}
    {{ return(adapter.dispatch("split_rows")(relation, keys, rows)) }}
{%- endmacro %}

{% macro duckdb__split_rows(relation, keys, rows) -%}
    {%- for row in rows %}
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        {%- for name, sql in row.columns.items() %}
        {{ sql }} as {{ name }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ relation }}
    where {{ row.condition }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{# Spark would work a CTE out again for every select that reads it. #}
{% macro spark__split_rows(relation, keys, rows) -%}
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        made.*
    from {{ relation }}
    cross join lateral inline(array(
        {%- for row in rows %}
        case when {{ row.condition }} then named_struct(
            {%- for name, sql in row.columns.items() %}
            '{{ name }}', {{ sql }}{% if not loop.last %},{% endif %}
            {%- endfor %}
        ) end{% if not loop.last %},{% endif %}
        {%- endfor %}
    )) as made
    where made.{{ rows[0].columns | first }} is not null
{%- endmacro %}
