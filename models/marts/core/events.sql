{# Grain: one row per distinct event object. #}
{{ config(materialized="view") }}

with events as (

    select * from {{ ref("base_sales_bot__events") }}

),

final as (

    select
        event_key,
        event_id,
        conversation_id,
        message_id,
        customer_id,
        event_type,
        channel,
        properties,
        is_time_implausible,
        occurred_at
    from events

)

select * from final
