{# Grain: one row per conversation with messages. #}

with messages as (

    select * from {{ ref("int_messages_sequenced") }}
    where {{ of_touched_conversations() }}

),

positioned as (

    select
        *,
        min(case when direction = 'inbound' then message_position end) over (
            partition by conversation_id
        ) as first_inbound_position,
        min(case when sentiment is not null then message_position end) over (
            partition by conversation_id
        ) as first_sentiment_position,
        max(case when sentiment is not null then message_position end) over (
            partition by conversation_id
        ) as last_sentiment_position
    from messages

),

intents as (

    select
        conversation_id,
        intent,
        min(message_position) as first_position
    from messages
    where intent is not null
    group by conversation_id, intent

),

intent_lists as (

    select
        conversation_id,
        {{ collect_in_order("intent", "first_position") }} as intents_detected
    from intents
    group by conversation_id

),

aggregated as (

    select
        conversation_id,
        count(*) as message_count,
        count(case when sender_role = 'bot' then 1 end) as bot_messages,
        count(
            case when sender is not null and sender_role is distinct from 'bot' then 1 end
        ) as human_messages,
        count(case when sender_role = 'agent' then 1 end) as agent_messages,
        count(case when sender_role = 'customer' then 1 end) as customer_messages,
        max(case when message_position = first_sentiment_position then sentiment end)
            as sentiment_start,
        max(case when message_position = last_sentiment_position then sentiment end)
            as sentiment_end,
        {{ ratio(sum_in_order("sentiment", "message_position"), "count(sentiment)") }}
            as sentiment_average,
        min(sent_at) as first_message_at,
        max(sent_at) as last_message_at,
        min(case when direction = 'inbound' then sent_at end) as first_inbound_at,
        min(
            case
                when direction = 'outbound' and message_position > first_inbound_position
                    then sent_at
            end
        ) as first_response_at,
        min(
            case
                when sender_role = 'bot' and message_position > first_inbound_position
                    then sent_at
            end
        ) as first_bot_response_at,
        min(
            case
                when sender_role = 'agent' and message_position > first_inbound_position
                    then sent_at
            end
        ) as first_human_response_at
    from positioned
    group by conversation_id

),

final as (

    select
        aggregated.*,
        intent_lists.intents_detected
    from aggregated
    left join intent_lists on aggregated.conversation_id = intent_lists.conversation_id

)

select * from final
