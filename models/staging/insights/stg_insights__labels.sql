{# Grain: one row per label of a conversation. #}

with conversations as (

    select * from {{ ref("base_insights__conversations") }}

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
