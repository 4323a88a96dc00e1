{#
    The filter of an incremental model: the conversations that records landed since its
    last build touch, or all of them on a full build. `landed` names the model whose rows
    say which file brought a record of which conversation. The model names the same one as
    `config(meta={"landed": ...})` for the strategy below.
#}
{% macro of_touched_conversations(landed="int_records_landed") -%}
    {%- set landed_records = ref(landed) -%}
    {%- if is_incremental() -%}
    conversation_id in ({{ conversations_touched(landed_records, this) }})
    {%- else -%}
    conversation_id is not null
    {%- endif -%}
{%- endmacro %}

{# The same for rows of staged events, which also know the file that brought them. #}
{% macro of_touched_events() -%}
    {{ return(adapter.dispatch("of_touched_events")()) }}
{%- endmacro %}

{% macro default__of_touched_events() -%}
    {{ of_touched_conversations() }}
{%- endmacro %}

{#
    No event of the touched conversations is older than the first file that brought one:
    DuckDB leaves out what landed before, where by the ids alone it unpacks every row.
#}
{% macro duckdb__of_touched_events() -%}
    {{ of_touched_conversations() }}
    {%- if is_incremental() -%}
        {%- set first_file -%}
        select coalesce(min(_file_id), 0) from {{ ref("int_records_landed") }}
        where feed = 'events' and {{ of_touched_conversations() }}
        {%- endset %}
    and _file_id >= {{ run_query(first_file).rows[0][0] }}
    {%- endif -%}
{%- endmacro %}

{#
    The filter of an incremental model whose rows hang on all conversations of a customer:
    the customers that the touched ones of `conversations` have, and those they had.
#}
{% macro of_touched_customers(conversations) -%}
    {%- if is_incremental() -%}
    customer_id in (
            select customer_id from {{ conversations }}
            where {{ of_touched_conversations() }}
            union all
            select customer_id from {{ this }}
            where {{ of_touched_conversations() }}
        )
    {%- else -%}
    {%- do of_touched_conversations() -%}
    customer_id is not null
    {%- endif -%}
{%- endmacro %}

{# Conversations with a record that landed after the watermark of `built`. #}
{% macro conversations_touched(landed_records, built) -%}
    {%- set touched -%}
    select landed.conversation_id
    from {{ landed_records }} as landed
    where landed._file_id > {{ watermark(built) }}
    {%- endset -%}
    {{ return(few_values(touched, "conversation_id")) }}
{%- endmacro %}

{# The model that says which records of which conversations landed. #}
{% macro landed_model() -%}
    {{ return(config.get("meta", {}).get("landed", "int_records_landed")) }}
{%- endmacro %}
