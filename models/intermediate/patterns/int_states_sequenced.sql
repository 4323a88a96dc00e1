{#
    Grain: one row per conversation with events and state that it entered, in order. A
    state that follows itself is entered once.
#}

with event_roles as (

    select * from {{ ref("stg_sales_bot__event_roles") }}
    where
        {{ of_touched_events() }}
        and role not in ('inbound_message', 'outbound_message')

),

messages as (

    select * from {{ ref("int_messages_sequenced") }}
    where {{ of_touched_conversations() }} and feed = 'events'

),

states as (

    select * from {{ ref("conversation_states") }}

),

happened as (

    select
        conversation_id,
        role,
        coalesce(stage, nullif(trim({{ json_text("role_value") }}), '')) as value,
        cast(null as bigint) as message_position,
        event_key,
        occurred_at
    from event_roles

    union all

    select
        conversation_id,
        case direction when 'inbound' then 'inbound_message' else 'outbound_message' end as role,
        case direction when 'inbound' then intent else sender_role end as value,
        message_position,
        null as event_key,
        sent_at as occurred_at
    from messages

),

named as (

    select
        happened.*,
        coalesce(of_value.sort_order, of_any_value.sort_order, of_role.sort_order)
            as sort_order,
        replace(
            coalesce(of_value.state, of_any_value.state, of_role.state),
            '{value}',
            coalesce(happened.value, '')
        ) as state,
        coalesce(of_value.is_outcome, of_any_value.is_outcome, of_role.is_outcome)
            as is_outcome
    from happened
    left join states as of_value
        on happened.role = of_value.role and happened.value = of_value.value
    left join states as of_any_value
        on
            happened.role = of_any_value.role
            and of_any_value.value = '*'
            and happened.value is not null
    left join states as of_role
        on happened.role = of_role.role and of_role.value is null
    where coalesce(of_value.state, of_any_value.state, of_role.state) is not null

),

positioned as (

    select
        *,
        row_number() over (
            partition by conversation_id
            order by
                occurred_at nulls last, sort_order, message_position nulls last, event_key
        ) as position,
        lag(state) over (
            partition by conversation_id
            order by
                occurred_at nulls last, sort_order, message_position nulls last, event_key
        ) as previous_state
    from named

),

entered as (

    select
        conversation_id,
        cast(row_number() over (partition by conversation_id order by position) as bigint) as step,
        state,
        is_outcome,
        occurred_at as entered_at
    from positioned
    where state is distinct from previous_state

),

followed as (

    select
        *,
        lead(state) over (partition by conversation_id order by step) as next_state,
        max(case when is_outcome then 1 else 0 end) over (
            partition by conversation_id
            order by step
            rows between unbounded preceding and current row
        ) = 1 as is_decided
    from entered

),

final as (

    select
        conversation_id,
        step,
        state,
        is_decided,
        next_state,
        row_number() over (
            partition by conversation_id, state, next_state order by step
        ) = 1 as is_first_transition,
        entered_at
    from followed

)

select * from final
