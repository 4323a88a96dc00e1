{# The texts of a column of a query, for `in ( )`: the query itself where nothing is gained. #}
{% macro few_values(query, column) -%}
    {{ return(adapter.dispatch("few_values")(query, column)) }}
{%- endmacro %}

{% macro default__few_values(query, column) -%}
    {{ return(query) }}
{%- endmacro %}

{#
    On DuckDB the values themselves, while they are few: constants reach the scan of a table
    through every view and union, where a join comes after all was read and worked out. They
    are looked up once a model; on its first build what they come from may not be there.
#}
{% macro duckdb__few_values(query, column) -%}
    {%- if not execute or load_cached_relation(this) is none -%}
        {{ return(query) }}
    {%- endif -%}
    {%- if query not in model -%}
        {%- set literals = run_query(few_literals(query, column)).rows[0][0] -%}
        {%- do model.update({query: literals or query}) -%}
    {%- endif -%}
    {{ return(model[query]) }}
{%- endmacro %}

{# The values as a list of constants, NULL where it would be too long for a statement. #}
{% macro few_literals(query, column) -%}
    select
        case
            when coalesce(sum(length(literal)), 0) <= 50000
                then coalesce(string_agg(literal, ', '), 'cast(null as string)')
        end
    from (
        select distinct '''' || replace({{ column }}, '''', '''''') || '''' as literal
        from ({{ query }}) as listed
    ) as literals
{%- endmacro %}
