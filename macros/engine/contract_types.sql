{#
    Contracts name types as DuckDB does. On Spark JSON is text, and a list is an array.
#}
{% macro spark__get_empty_schema_sql(columns) -%}
    {%- set spark_columns = {} -%}
    {%- for name, column in columns.items() -%}
        {%- set type = column.data_type | replace("json", "string") -%}
        {%- if type.endswith("[]") -%}
            {%- set type = "array<" ~ type[:-2] ~ ">" -%}
        {%- endif -%}
        {%- do spark_columns.update({name: dict(column, data_type=type)}) -%}
    {%- endfor -%}
    {{ default__get_empty_schema_sql(spark_columns) }}
{%- endmacro %}
