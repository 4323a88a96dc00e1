{# Grain: one row per conversation with events. #}

with events as (

    select * from {{ ref("base_sales_bot__events") }}
    where {{ of_touched_events() }}

),

channels as (

    select
        conversation_id,
        channel,
        row_number() over (
            partition by conversation_id order by occurred_at nulls last, event_key
        ) as channel_number
    from events
    where channel is not null

),

customers as (

    select
        conversation_id,
        coalesce(customer_id, {{ json_get_text("properties", "$.customer_id") }})
            as customer_id,
        row_number() over (
            partition by conversation_id order by occurred_at nulls last, event_key
        ) as customer_number
    from events
    where
        coalesce(customer_id, {{ json_get_text("properties", "$.customer_id") }})
        is not null

),

aggregated as (

    select
        conversation_id,
        count(*) as event_count,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at,
        min(case when not is_time_implausible then occurred_at end)
            as first_plausible_event_at,
        max(case when is_time_implausible then 1 else 0 end) = 1 as has_implausible_time
    from events
    group by conversation_id

),

final as (

    select
        aggregated.*,
        channels.channel,
        customers.customer_id
    from aggregated
    left join channels
        on aggregated.conversation_id = channels.conversation_id and channels.channel_number = 1
    left join customers
        on
            aggregated.conversation_id = customers.conversation_id
            and customers.customer_number = 1

)

select * from final
