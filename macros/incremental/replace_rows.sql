{#
    Incremental strategies: the rows of the target that a build replaces go, what it built
    comes. `replace_conversations` drops every touched conversation, where delete+insert
    would keep the rows of one that now gives none, such as a re-export without sentences.
    `replace_customers` drops what customers of a touched conversation had or have now,
    `replace_dates` the touched dates of a roll-up with a metric_date.
#}
{% macro replaced_rows(strategy, target, built) -%}
    {%- if strategy == "replace_conversations" -%}
        {{ return({
            "column": "conversation_id",
            "values_sql": conversations_touched(ref(landed_model()), target),
        }) }}
    {%- elif strategy == "replace_customers" -%}
        {%- set had %}
        select customer_id from {{ target }}
        where conversation_id in ({{ conversations_touched(ref(landed_model()), target) }})
        {%- endset -%}
        {{ return({
            "column": "customer_id",
            "values_sql": had ~ " union all select customer_id from " ~ built,
        }) }}
    {%- elif strategy == "replace_dates" -%}
        {{ return({
            "column": "coalesce(metric_date, date '0001-01-01')",
            "values_sql": dates_touched(target),
        }) }}
    {%- elif strategy == "delete+insert" -%}
        {%- set key = config.get("unique_key") -%}
        {{ return({"column": key, "values_sql": "select " ~ key ~ " from " ~ built}) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{% macro get_incremental_replace_conversations_sql(arg_dict) -%}
    {{ duckdb__replace_rows("replace_conversations", arg_dict) }}
{%- endmacro %}

{% macro get_incremental_replace_customers_sql(arg_dict) -%}
    {{ duckdb__replace_rows("replace_customers", arg_dict) }}
{%- endmacro %}

{% macro get_incremental_replace_dates_sql(arg_dict) -%}
    {{ duckdb__replace_rows("replace_dates", arg_dict) }}
{%- endmacro %}

{# One transaction. With meta={"dated": true} the dates that change are noted first. #}
{% macro duckdb__replace_rows(strategy, arg_dict) -%}
    {%- set target, built = arg_dict["target_relation"], arg_dict["temp_relation"] -%}
    {%- set columns = arg_dict["dest_columns"] | map(attribute="quoted") | join(", ") -%}
    {%- set replaced = replaced_rows(strategy, target, built) -%}
    {%- if config.get("meta", {}).get("dated") %}
    {{ note_touched_dates(target) }};
    {{ note_touched_dates(built) }};
    {%- endif %}
    delete from {{ target }}
    where {{ replaced.column }} in ({{ replaced.values_sql }});
    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ built }}
{%- endmacro %}
