{# In a literal of Spark a backslash escapes what follows it; dbt-spark leaves it alone. #}
{% macro spark__escape_single_quotes(expression) -%}
    {{ expression | string | replace("\\", "\\\\") | replace("'", "\\'") }}
{%- endmacro %}

{# dbt-spark's own loads an empty cell as the text None, and escapes nothing. #}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set given_types = model.config.get("column_types", {}) -%}
    {%- set types = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- do types.append(
            given_types.get(name, adapter.convert_type(agate_table, loop.index0))
        ) -%}
    {%- endfor -%}
    {%- set sql %}
    insert into {{ this }} values
        {%- for row in agate_table.rows %}
        (
            {%- for cell in row -%}
            cast({{ text_literal(cell) }} as {{ types[loop.index0] }})
            {%- if not loop.last %}, {% endif %}
            {%- endfor -%}
        ){% if not loop.last %},{% endif %}
        {%- endfor %}
    {%- endset -%}
    {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {{ return(sql) }}
{%- endmacro %}

{# A list in the rows of a unit test: an array there, which no text can be cast to. #}
{% macro spark__safe_cast(field, type) -%}
    {%- if field is sequence and field is not string -%}
        {%- set texts = [] -%}
        {%- for text in field -%}
            {%- do texts.append(text_literal(text)) -%}
        {%- endfor -%}
        {%- set field = list_of(texts) -%}
    {%- endif -%}
    cast({{ field }} as {{ type }})
{%- endmacro %}
