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
