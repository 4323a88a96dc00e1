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
    select landed.conversation_id
    from {{ landed_records }} as landed
    where landed._file_id > {{ watermark(built) }}
{%- endmacro %}

{#
    Incremental strategy `replace_conversations`: drops every touched conversation and
    inserts what it gives now. Plain delete+insert would keep the rows of a conversation
    that now gives none, such as a re-export without sentences.
#}
{% macro get_incremental_replace_conversations_sql(arg_dict) -%}
    {%- set landed = config.get("meta", {}).get("landed", "int_records_landed") -%}
    {%- set columns = arg_dict["dest_columns"] | map(attribute="quoted") | join(", ") -%}
    {%- if config.get("meta", {}).get("dated") %}
    {{ note_touched_dates(arg_dict["target_relation"], landed) }};
    {{ note_touched_dates(arg_dict["temp_relation"], landed) }};
    {%- endif %}
    delete from {{ arg_dict["target_relation"] }}
    where conversation_id in (
        {{ conversations_touched(ref(landed), arg_dict["target_relation"]) }}
    );
    insert into {{ arg_dict["target_relation"] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict["temp_relation"] }}
{%- endmacro %}
