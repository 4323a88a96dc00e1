{#
    Grain: one row per last intent, last kind of message and last state of conversations
    that were dropped. One that nothing ended is dropped after a day without an event.
#}
{{ config(materialized="table") }}

with dropped as (

    select * from {{ ref("int_states_aggregated_to_conversations") }}
    where outcome = 'dropped'

),

conversations as (

    select * from {{ ref("int_conversations_timed") }}

),

event_roles as (

    select * from {{ ref("int_event_roles_aggregated_to_conversations") }}

),

messages as (

    select * from {{ ref("int_messages_ended") }}

),

as_of as (

    select * from {{ ref("as_of") }}

),

joined as (

    select
        dropped.conversation_id,
        dropped.last_state,
        messages.last_intent,
        coalesce(messages.last_message_type, 'no message') as last_message_type,
        conversations.ended_at,
        coalesce(event_roles.end_count > 0, false) as is_ended,
        {{ seconds_between("conversations.ended_at", "as_of.as_of") }} as quiet_seconds,
        case
            when not conversations.has_implausible_time
                then {{ seconds_between(
                    "messages.last_message_at",
                    "case when event_roles.end_count > 0 then conversations.ended_at "
                    ~ "else as_of.as_of end",
                ) }}
        end as idle_seconds
    from dropped
    inner join conversations
        on dropped.conversation_id = conversations.conversation_id
    left join event_roles
        on dropped.conversation_id = event_roles.conversation_id
    left join messages
        on dropped.conversation_id = messages.conversation_id
    cross join as_of

),

over as (

    select
        *,
        row_number() over (
            partition by last_intent, last_message_type, last_state
            order by ended_at desc nulls last, conversation_id asc
        ) as newest
    from joined
    where is_ended or quiet_seconds >= 86400

),

counted as (

    select
        last_intent,
        last_message_type,
        last_state,
        count(*) as conversations,
        {{ percentile("idle_seconds", 0.5) }} as median_idle_seconds,
        {{ collect_in_order(
            "case when newest <= 3 then conversation_id end", "newest"
        ) }} as example_conversation_ids
    from over
    group by last_intent, last_message_type, last_state

),

totalled as (

    select
        *,
        cast(sum(conversations) over () as bigint) as dropped_conversations
    from counted

),

final as (

    select
        cast(row_number() over (
            order by
                conversations desc,
                last_intent asc nulls last,
                last_message_type asc,
                last_state asc
        ) as bigint) as drop_rank,
        last_intent,
        last_message_type,
        last_state,
        conversations,
        dropped_conversations,
        {{ ratio("conversations", "dropped_conversations") }} as drop_share,
        median_idle_seconds,
        example_conversation_ids
    from totalled

)

select * from final
