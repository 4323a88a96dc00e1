{# Grain: one row per message of any system. #}

with sequenced as (

    select * from {{ ref("int_messages_sequenced") }}
    where {{ of_touched_conversations() }}

),

with_previous as (

    select
        *,
        lag(direction) over (
            partition by conversation_id order by message_position
        ) as previous_direction,
        lag(sent_at) over (
            partition by conversation_id order by message_position
        ) as previous_sent_at
    from sequenced

),

final as (

    select
        conversation_id,
        message_position,
        message_id,
        feed,
        sender,
        sender_role,
        direction,
        content,
        intent,
        intent_confidence,
        is_intent_correct,
        is_response_appropriate,
        sentiment,
        -- Only a change of sides is a response; a second message in a row is none.
        case
            when previous_direction != direction
                then {{ seconds_between("previous_sent_at", "sent_at") }}
        end as response_seconds,
        sent_at
    from with_previous

)

select * from final
