{#
    Grain: one row per conversation of a known customer at a known time. Built by customer:
    a new conversation follows older ones that nothing touched.
#}
{{ config(incremental_strategy="replace_customers") }}

with conversations as (

    select
        *,
        coalesce(ended_at, started_at) as last_moment_at
    from {{ ref("int_conversations_timed") }}
    where
        {{ of_touched_customers(ref("int_conversations_timed")) }}
        and started_at is not null
        and not has_implausible_time

),

segments as (

    select * from {{ ref("int_conversations_segmented") }}

),

-- Starts and ends of a customer's conversations on one line of time, starts first: what
-- starts in the instant in which another ends does not follow it. A conversation that
-- our side opens is no contact of the customer.
moments as (

    select
        conversations.conversation_id,
        conversations.customer_id,
        segments.intent,
        1 as moment,
        conversations.started_at as happened_at,
        case
            when coalesce(segments.direction, '') != 'outbound' then conversations.started_at
        end as contacted_at
    from conversations
    left join segments on conversations.conversation_id = segments.conversation_id

    union all

    select
        conversations.conversation_id,
        conversations.customer_id,
        segments.intent,
        2 as moment,
        conversations.last_moment_at as happened_at,
        cast(null as timestamp) as contacted_at
    from conversations
    left join segments on conversations.conversation_id = segments.conversation_id

),

followed as (

    select
        *,
        min(contacted_at) over (
            partition by customer_id
            order by happened_at, moment
            rows between 1 following and unbounded following
        ) as next_contact_at,
        min(contacted_at) over (
            partition by customer_id, intent
            order by happened_at, moment
            rows between 1 following and unbounded following
        ) as next_contact_on_it_at
    from moments

),

final as (

    select
        conversation_id,
        customer_id,
        happened_at as ended_at,
        next_contact_at,
        next_contact_on_it_at
    from followed
    where moment = 2

)

select * from final
