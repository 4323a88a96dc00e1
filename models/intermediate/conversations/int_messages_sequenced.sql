{# Grain: one row per message of any system, in the order of its conversation. #}

with event_conversations as (

    select distinct conversation_id
    from {{ ref("base_sales_bot__events") }}
    where {{ of_touched_conversations() }}

),

event_messages as (

    select * from {{ ref("stg_sales_bot__messages") }}
    where {{ of_touched_events() }}

),

sentences as (

    select * from {{ ref("stg_insights__sentences") }}
    where {{ of_touched_conversations() }}

),

sender_roles as (

    select * from {{ ref("sender_roles") }}

),

unioned as (

    select
        conversation_id,
        'events' as feed,
        message_id,
        event_key as tie_breaker,
        sender,
        direction,
        content,
        intent,
        intent_confidence,
        sentiment,
        is_intent_correct,
        is_response_appropriate,
        null as sent_nanos,
        sent_at
    from event_messages

    union all

    -- A conversation that the events cover too has its messages from there.
    select
        sentences.conversation_id,
        'conversations' as feed,
        'sentence-' || cast(sentences.sentence_position as string) as message_id,
        null as tie_breaker,
        sentences.participant_role as sender,
        null as direction,
        sentences.sentence as content,
        coalesce(sentences.dialogflow_intent, sentences.matched_intent) as intent,
        sentences.dialogflow_intent_confidence as intent_confidence,
        sentences.sentiment,
        null as is_intent_correct,
        null as is_response_appropriate,
        sentences.created_nanos as sent_nanos,
        sentences.created_at as sent_at
    from sentences
    left join event_conversations
        on sentences.conversation_id = event_conversations.conversation_id
    where event_conversations.conversation_id is null

),

attributed as (

    select
        unioned.*,
        coalesce(
            sender_roles.sender_role,
            case when unioned.direction = 'inbound' then 'customer' end
        ) as sender_role,
        coalesce(
            unioned.direction,
            case
                when sender_roles.sender_role = 'customer' then 'inbound'
                when sender_roles.sender_role is not null then 'outbound'
            end
        ) as message_direction
    from unioned
    left join sender_roles on unioned.sender = sender_roles.sender

),

final as (

    select
        conversation_id,
        -- Equal times: m2 before m10, then anything that does not depend on the files.
        cast(row_number() over (
            partition by conversation_id
            order by
                sent_at nulls last,
                sent_nanos nulls last,
                length(message_id) nulls last,
                message_id nulls last,
                tie_breaker nulls last
        ) as bigint) as message_position,
        message_id,
        feed,
        sender,
        sender_role,
        message_direction as direction,
        content,
        intent,
        intent_confidence,
        sentiment,
        is_intent_correct,
        is_response_appropriate,
        sent_at
    from attributed

)

select * from final
