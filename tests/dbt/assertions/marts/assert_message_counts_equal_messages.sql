-- What a conversation counts is what the mart of messages holds.
with counted as (

    select
        conversation_id,
        count(*) as message_count,
        count(case when sender_role = 'bot' then 1 end) as bot_messages
    from {{ ref("messages") }}
    group by conversation_id

)

select
    conversations.conversation_id,
    conversations.message_count,
    counted.message_count as messages_held
from {{ ref("conversations") }} as conversations
full outer join counted on conversations.conversation_id = counted.conversation_id
where
    conversations.message_count is distinct from coalesce(counted.message_count, 0)
    or conversations.bot_messages is distinct from coalesce(counted.bot_messages, 0)
