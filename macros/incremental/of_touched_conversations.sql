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

{# Conversations with a record that landed after the watermark of `built`. #}
{% macro conversations_touched(landed_records, built) -%}
    {{ return(adapter.dispatch("conversations_touched")(landed_records, built)) }}
{%- endmacro %}

{% macro default__conversations_touched(landed_records, built) -%}
    select landed.conversation_id
    from {{ landed_records }} as landed
    where landed._file_id > {{ watermark(built) }}
{%- endmacro %}

{#
    On DuckDB the ids themselves, while they are few: constants reach the scan of a table
    through every view, where a join comes after all of history was read and parsed. They
    are looked up once for all CTEs of a model, and once more to delete.
#}
{% macro duckdb__conversations_touched(landed_records, built) -%}
    {%- set key = "touched by " ~ landed_records -%}
    {%- if key not in model -%}
        {%- set touched = default__conversations_touched(landed_records, built) -%}
        {%- set literals = run_query(few_literals(touched)).rows[0][0] -%}
        {%- do model.update({key: literals or touched}) -%}
    {%- endif -%}
    {{ return(model[key]) }}
{%- endmacro %}

{# Ids as a list of constants, NULL where it would be too long for a statement. #}
{% macro few_literals(ids) -%}
    select
        case
            when coalesce(sum(length(literal)), 0) <= 50000
                then coalesce(string_agg(literal, ', '), 'cast(null as string)')
        end
    from (
        select distinct
            '''' || replace(touched.conversation_id, '''', '''''') || '''' as literal
        from ({{ ids }}) as touched
    ) as literals
{%- endmacro %}

{# The model that says which records of which conversations landed. #}
{% macro landed_model() -%}
    {{ return(config.get("meta", {}).get("landed", "int_records_landed")) }}
{%- endmacro %}
