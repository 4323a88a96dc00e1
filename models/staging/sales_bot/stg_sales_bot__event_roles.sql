{# Grain: one row per event and role that seed event_meanings gives it. #}

with events as (

    select * from {{ ref("base_sales_bot__events") }}

),

meanings as (

    select * from {{ ref("event_meanings") }}

),

final as (

    select
        events.event_key,
        events.conversation_id,
        events.event_type,
        events.message_id,
        events.customer_id,
        events.channel,
        events.properties,
        meanings.role,
        meanings.stage,
        {{ json_property("events.properties", "meanings.value_property") }} as role_value,
        events.is_time_implausible,
        events.occurred_at,
        events._file_id
    from events
    inner join meanings
        on
            events.event_type = meanings.event_type
            and (
                meanings.condition_property is null
                or meanings.condition_value
                = {{ json_text(json_property(
                    "events.properties", "meanings.condition_property"
                )) }}
            )

)

select * from final
