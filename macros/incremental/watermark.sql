{#
    The watermark of an incremental model: the last landed file (raw.landed_files.file_id,
    the load order) whose records all are in it. It is written in the transaction of the
    build, so a kill leaves rows and watermark as they were, both.
#}
{% macro watermark(relation) -%}
    {{ return(adapter.dispatch("watermark")(relation)) }}
{%- endmacro %}

{% macro default__watermark(relation) -%}
    (
        select coalesce(max(watermarks.file_id), 0)
        from operations.watermarks as watermarks
        where watermarks.model_name = '{{ relation.identifier }}'
    )
{%- endmacro %}

{# On DuckDB the number itself: with it the scan leaves out what landed before. #}
{% macro duckdb__watermark(relation) -%}
    {{ return(run_query("select " ~ default__watermark(relation)).rows[0][0]) }}
{%- endmacro %}

{# on-run-start: where watermarks are kept, one row a model and build. #}
{% macro create_watermarks() -%}
    create table if not exists operations.watermarks (
        model_name string, file_id bigint, built_at timestamp
    )
{%- endmacro %}

{#
    post-hook of every incremental model. What a model has seen is what all its
    incremental parents have seen: a parent that a partial build left behind holds the
    watermark back, and the next build goes over the difference again.
#}
{% macro remember_watermark() -%}
    {%- if execute and model.config.materialized == "incremental" -%}
    insert into operations.watermarks
    select
        '{{ this.identifier }}' as model_name,
        {{ watermark_reached(model) }} as file_id,
        cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp) as built_at
    {%- endif -%}
{%- endmacro %}

{# The watermark that a build of a model reaches, as a scalar subquery. #}
{% macro watermark_reached(model) -%}
    {%- set parents = incremental_parents(model.unique_id) if execute else [] -%}
    {%- if parents -%}
    (
        select min(parents.file_id)
        from (
            select max(file_id) as file_id
            from operations.watermarks
            where model_name in ('{{ parents | join("', '") }}')
            group by model_name
        ) as parents
    )
    {%- else -%}
    (select coalesce(max(file_id), 0) from {{ source("raw", "landed_files") }})
    {%- endif -%}
{%- endmacro %}

{# Names of the incremental models that a model reads, itself or through views. #}
{% macro incremental_parents(unique_id) -%}
    {%- set found = [] -%}
    {%- for parent in graph.nodes[unique_id].depends_on.nodes if parent in graph.nodes -%}
        {%- set node = graph.nodes[parent] -%}
        {%- if node.config.materialized == "incremental" -%}
            {%- do found.append(node.name) -%}
        {%- elif node.resource_type == "model" -%}
            {%- do found.extend(incremental_parents(parent)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
