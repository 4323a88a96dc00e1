{#
    Incremental models on Spark. dbt-spark knows no strategy of a project's own, and a
    table of Parquet files can drop no row. So the rows that stay and those that were
    built become a new table, which takes the place of the old one; where var
    `table_format` is delta or iceberg, the replaced rows are deleted by a merge instead.
    A kill between the steps costs no row: without its table a model is built from
    scratch, and the watermark is written last.
#}
{% materialization incremental, adapter="spark" -%}
    {%- set existing = load_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {%- if existing is none or existing.is_view or should_full_refresh() -%}
        {%- if existing is not none -%}
            {%- do adapter.drop_relation(existing) -%}
        {%- endif -%}
        {%- call statement("main") -%}
            {{ create_table_as(false, this, compiled_code) }}
        {%- endcall -%}
    {%- else -%}
        {%- set built = next_to(this, "built").include(database=false, schema=false) -%}
        {%- call statement("built") -%}
            {{ create_temporary_view(built, compiled_code) }}
        {%- endcall -%}
        {%- if config.get("meta", {}).get("dated") -%}
            {%- for relation in (this, built) -%}
                {%- call statement("touched") -%}
                    {{ note_touched_dates(relation) }}
                {%- endcall -%}
            {%- endfor -%}
        {%- endif -%}
        {%- set replaced = replaced_rows(config.get("incremental_strategy"), this, built) -%}
        {{ spark__replace_rows(this, built, replaced) }}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {{ return({"relations": [this]}) }}
{%- endmaterialization %}

{% macro next_to(relation, suffix) -%}
    {{ return(relation.incorporate(path={"identifier": relation.identifier ~ "__" ~ suffix})) }}
{%- endmacro %}

{% macro spark__replace_rows(target, built, replaced) -%}
    {%- set columns = adapter.get_columns_in_relation(target)
        | map(attribute="quoted") | join(", ") -%}
    {%- set rows_built = "select " ~ columns ~ " from " ~ built -%}
    {%- if replaced is not none and config.get("file_format", "parquet") == "parquet" -%}
        {%- set next = next_to(target, "next") -%}
        {%- do run_query("drop table if exists " ~ next) -%}
        {%- call statement("main") -%}
            create table {{ next }} using parquet as
            select {{ columns }} from {{ target }}
            left anti join ({{ replaced.values_sql }}) as replaced (replaced_key)
                on {{ replaced.column }} = replaced_key
            union all
            {{ rows_built }}
        {%- endcall -%}
        {%- do run_query("drop table " ~ target) -%}
        {%- do run_query("alter table " ~ next ~ " rename to " ~ target) -%}
    {%- else -%}
        {%- if replaced is not none -%}
            {%- call statement("replaced") -%}
                merge into {{ target }} using (
                    select distinct replaced_key
                    from ({{ replaced.values_sql }}) as replaced (replaced_key)
                ) as replaced on {{ replaced.column }} = replaced_key
                when matched then delete
            {%- endcall -%}
        {%- endif -%}
        {%- call statement("main") -%}
            insert into {{ target }} {{ rows_built }}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}
