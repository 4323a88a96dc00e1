-- Deduplication drops copies, never a conversation.
select distinct raw_events.conversation_id
from {{ source("raw", "events") }} as raw_events
left join {{ ref("base_sales_bot__events") }} as staged
    on raw_events.conversation_id = staged.conversation_id
where
    raw_events.conversation_id is not null
    and raw_events.conversation_id != ''
    and staged.conversation_id is null
