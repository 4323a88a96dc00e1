{#
    Grain: one row per conversation with events or an escalation point that has ended.
    A table: a new conversation changes what an older one of the same customer is.
#}
{{ config(materialized="table") }}

with conversations as (

    select * from {{ ref("conversations") }}

),

metric_points as (

    select * from {{ ref("int_metric_points_aggregated_to_conversations") }}

),

reopenings as (

    select * from {{ ref("int_reopenings_aggregated_to_conversations") }}

),

followed as (

    select * from {{ ref("int_conversations_followed") }}

),

as_of as (

    select * from {{ ref("as_of") }}

),

joined as (

    select
        conversations.conversation_id,
        conversations.customer_id,
        conversations.started_date,
        coalesce(conversations.ended_at, conversations.started_at) as ended_at,
        conversations.closed_by,
        coalesce(conversations.is_resolved, false) as is_resolved,
        followed.next_contact_at,
        coalesce(
            {{ seconds_between("followed.ended_at", "followed.next_contact_at") }}
            <= 3600 * {{ var("callback_hours") }}, false
        ) as is_called_back,
        coalesce(
            {{ seconds_between("followed.ended_at", "followed.next_contact_on_it_at") }}
            <= 86400 * {{ var("durable_days") }}, false
        )
        or coalesce(reopenings.seconds_to_reopening <= 86400 * {{ var("durable_days") }}, false)
        or coalesce(reopenings.has_unknown_time, false) as is_returned_on,
        conversations.is_escalated
        or coalesce(conversations.has_human_takeover, false)
        or conversations.agent_messages > 0
        or coalesce(conversations.closed_by = 'human', false) as has_reached_people,
        coalesce(conversations.closed_by = 'timeout', false) as is_timed_out,
        conversations.closed_by is not null or conversations.is_resolved is not null
            as is_closed,
        not conversations.in_events or conversations.customer_messages > 0 as has_customer,
        -- NULL where a time is unknown or cannot be right: who knows what came after.
        case
            when not conversations.has_implausible_time
                then {{ seconds_between(
                    "coalesce(conversations.ended_at, conversations.started_at)", "as_of.as_of"
                ) }}
        end as seconds_since
    from conversations
    cross join as_of
    left join metric_points
        on conversations.conversation_id = metric_points.conversation_id
    left join reopenings on conversations.conversation_id = reopenings.conversation_id
    left join followed
        on conversations.conversation_id = followed.conversation_id
    where conversations.in_events or metric_points.escalation_count > 0

),

judged as (

    -- Contained: it ended, nobody of ours took part, and there was a customer to help.
    select
        *,
        not has_reached_people as is_alone,
        not has_reached_people and has_customer as is_kept,
        not has_reached_people and has_customer and is_resolved and not is_timed_out
            as is_solved,
        customer_id is not null and seconds_since >= 3600 * {{ var("callback_hours") }}
            as can_be_called_back,
        seconds_since >= 86400 * {{ var("durable_days") }} as can_be_durable
    from joined
    where is_closed or seconds_since >= 3600 * {{ var("callback_hours") }}

),

final as (

    select
        conversation_id,
        customer_id,
        started_date,
        ended_at,
        closed_by,
        is_alone as is_deflected,
        is_kept as is_contained,
        case when can_be_called_back then is_kept and not is_called_back end
            as is_contained_without_callback,
        is_solved as is_autonomous,
        case when can_be_durable then is_solved and not is_returned_on end as is_durable,
        next_contact_at
    from judged

)

select * from final
