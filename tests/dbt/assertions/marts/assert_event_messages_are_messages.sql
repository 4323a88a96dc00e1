-- Every message event of a conversation is one row of the mart, and no sentence of the
-- insights export counts beside them.
with staged as (

    select
        conversation_id,
        count(*) as message_count
    from {{ ref("stg_sales_bot__messages") }}
    group by conversation_id

),

held as (

    select
        messages.conversation_id,
        count(*) as message_count
    from {{ ref("messages") }} as messages
    inner join {{ ref("conversations") }} as conversations
        on messages.conversation_id = conversations.conversation_id
    where conversations.in_events
    group by messages.conversation_id

)

select
    staged.conversation_id,
    staged.message_count,
    held.message_count as held_count
from staged
full outer join held on staged.conversation_id = held.conversation_id
where staged.message_count is distinct from held.message_count
