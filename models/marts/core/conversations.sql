{# Grain: one row per conversation of any system. #}

with conversations as (

    select * from {{ ref("int_conversations_timed") }}
    where {{ of_touched_conversations() }}

),

events as (

    select * from {{ ref("int_events_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

event_roles as (

    select * from {{ ref("int_event_roles_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

messages as (

    select * from {{ ref("int_messages_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

metric_points as (

    select * from {{ ref("int_metric_points_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

insights as (

    select * from {{ ref("int_insights_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

segments as (

    select * from {{ ref("int_conversations_segmented") }}
    where {{ of_touched_conversations() }}

),

resolved as (

    select * from {{ ref("int_conversations_resolved") }}
    where {{ of_touched_conversations() }}

),

final as (

    select
        conversations.conversation_id,
        conversations.customer_id,
        insights.agent_id,
        conversations.in_events,
        conversations.in_insights,
        conversations.in_support_metrics,
        {%- for segment in conversation_segments() %}
        segments.{{ segment }},
        {%- endfor %}
        conversations.day_of_week,
        conversations.hour_of_day,
        coalesce(messages.message_count, 0) as message_count,
        coalesce(messages.bot_messages, 0) as bot_messages,
        coalesce(messages.human_messages, 0) as human_messages,
        coalesce(messages.agent_messages, 0) as agent_messages,
        coalesce(messages.customer_messages, 0) as customer_messages,
        messages.sentiment_start,
        messages.sentiment_end,
        messages.sentiment_end - messages.sentiment_start as sentiment_trend,
        messages.sentiment_average,
        messages.intents_detected,
        event_roles.objections_raised,
        event_roles.qualification_score,
        resolved.outcome,
        resolved.declared_outcome,
        coalesce(event_roles.escalation_count > 0, false)
        or coalesce(metric_points.escalation_sum > 0, false) as is_escalated,
        coalesce(event_roles.first_escalation, metric_points.escalation_reason)
            as escalation_reason,
        case
            when conversations.in_events
                then coalesce(event_roles.takeover_count, 0) > 0
                    or coalesce(messages.agent_messages, 0) > 0
        end as has_human_takeover,
        {%- for role in ["fallback", "error"] %}
        case
            when conversations.in_events then coalesce(event_roles.{{ role }}_count, 0)
        end as {{ role }}_count,
        {%- endfor %}
        {%- for stage in [
            "responded", "qualified", "booked", "attended", "opportunity", "converted",
        ] %}
        resolved.is_{{ stage }},
        resolved.{{ stage }}_at,
        {%- endfor %}
        resolved.is_resolved,
        resolved.is_reopened,
        resolved.closed_by,
        resolved.csat_count,
        resolved.csat_sum,
        resolved.csat_detractor_count,
        {{ ratio("resolved.csat_sum", "resolved.csat_count") }} as csat_score,
        resolved.cost,
        resolved.revenue,
        resolved.resolution_minutes,
        {%- for kind in ["", "bot_", "human_"] %}
        {{ seconds_between(
            "messages.first_inbound_at", "messages.first_" ~ kind ~ "response_at"
        ) }} as first_{{ kind }}response_seconds,
        {%- endfor %}
        conversations.duration_seconds,
        conversations.has_implausible_time,
        conversations.started_date,
        conversations.started_hour,
        conversations.started_at,
        conversations.ended_at
    from conversations
    left join events on conversations.conversation_id = events.conversation_id
    left join event_roles on conversations.conversation_id = event_roles.conversation_id
    left join messages on conversations.conversation_id = messages.conversation_id
    left join metric_points
        on conversations.conversation_id = metric_points.conversation_id
    left join insights on conversations.conversation_id = insights.conversation_id
    left join segments on conversations.conversation_id = segments.conversation_id
    left join resolved on conversations.conversation_id = resolved.conversation_id

)

select * from final
