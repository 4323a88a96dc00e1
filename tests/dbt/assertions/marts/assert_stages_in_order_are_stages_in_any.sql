-- What is reached in order is reached; the first stage by every conversation with events.
select in_order.*
from {{ ref("int_stages_reached_in_order") }} as in_order
left join {{ ref("int_funnel_stages_reached") }} as reached
    on
        in_order.conversation_id = reached.conversation_id
        and in_order.stage = reached.stage
where reached.conversation_id is null
