{# Grain: one row per conversation with events and messages: the last that was said. #}

with messages as (

    select * from {{ ref("int_messages_sequenced") }}
    where {{ of_touched_conversations() }} and feed = 'events'

),

positioned as (

    select
        *,
        max(message_position) over (partition by conversation_id) as last_position,
        max(case when intent is not null then message_position end) over (
            partition by conversation_id
        ) as last_intent_position,
        max(case when direction = 'inbound' then 1 else 0 end) over (
            partition by conversation_id
        ) = 1 as has_answer
    from messages

),

final as (

    select
        conversation_id,
        max(case when message_position = last_intent_position then intent end)
            as last_intent,
        max(
            case
                when message_position != last_position then null
                when direction = 'inbound' then 'customer message'
                when not has_answer then 'unanswered opening'
                else coalesce(sender_role, 'unknown') || ' message'
            end
        ) as last_message_type,
        max(case when message_position = last_position then sent_at end) as last_message_at
    from positioned
    group by conversation_id

)

select * from final
