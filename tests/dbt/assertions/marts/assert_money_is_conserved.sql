-- Joins neither lose nor double revenue: deals staged equal deals in the mart.
with staged as (

    select
        conversation_id,
        sum({{ json_number("role_value") }}) as revenue
    from {{ ref("stg_sales_bot__event_roles") }}
    where role = 'revenue' and conversation_id is not null
    group by conversation_id

)

select
    conversations.conversation_id,
    conversations.revenue,
    staged.revenue as staged_revenue
from {{ ref("conversations") }} as conversations
full outer join staged on conversations.conversation_id = staged.conversation_id
where
    coalesce(abs(conversations.revenue - staged.revenue) > 1e-6, false)
    or (coalesce(conversations.revenue, 0) = 0) is distinct from (coalesce(staged.revenue, 0) = 0)
