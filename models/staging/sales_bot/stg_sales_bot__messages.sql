{# Grain: one row per message event of a conversation. #}

with event_roles as (

    select * from {{ ref("stg_sales_bot__event_roles") }}

),

message_events as (

    select
        *,
        {{ json_record("properties", {
            "sender": "text",
            "content": "text",
            "intent": "text",
            "intent_confidence": "json",
            "sentiment": "json",
            "intent_correct": "json",
            "response_appropriate": "json",
        }) }} as message
    from event_roles
    where role in ('inbound_message', 'outbound_message') and conversation_id is not null

),

final as (

    select
        event_key,
        conversation_id,
        message_id,
        message.sender as sender,
        case role when 'inbound_message' then 'inbound' else 'outbound' end as direction,
        message.content as content,
        nullif(message.intent, '') as intent,
        {{ json_number("message.intent_confidence") }} as intent_confidence,
        -- true and false are no sentiment, though they are 1 and 0 elsewhere.
        case
            when {{ json_kind("message.sentiment") }} != 'boolean'
                then {{ json_number("message.sentiment") }}
        end as sentiment,
        {{ json_boolean("message.intent_correct") }} as is_intent_correct,
        {{ json_boolean("message.response_appropriate") }} as is_response_appropriate,
        occurred_at as sent_at,
        _file_id
    from message_events

)

select * from final
