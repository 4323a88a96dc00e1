{# Grain: one row per label of a conversation. #}
{{ config(
    materialized="incremental",
    incremental_strategy="replace_conversations",
    meta={"landed": "base_insights__conversations"},
) }}

with conversations as (

    select * from {{ ref("base_insights__conversations") }}
    where {{ of_touched_conversations("base_insights__conversations") }}

),

final as (

    select
        conversations.conversation_id,
        label_position,
        label.key as label_key,
        label.value as label_value
    from conversations
    {{ unnest_with_position("conversations.labels", "label", "label_position") }}
    where label is not null

)

select * from final
