{# Grain: one row per conversation of any system: who saw it, with whom and when it was. #}

with landed as (

    select
        conversation_id,
        max(case when feed = 'events' then 1 else 0 end) = 1 as in_events,
        max(case when feed = 'conversations' then 1 else 0 end) = 1 as in_insights,
        max(case when feed = 'support_metrics' then 1 else 0 end) = 1 as in_support_metrics,
        max(_landed_at) as last_landed_at
    from {{ ref("int_records_landed") }}
    where {{ of_touched_conversations() }}
    group by conversation_id

),

events as (

    select * from {{ ref("int_events_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

messages as (

    select * from {{ ref("int_messages_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

insights as (

    select * from {{ ref("int_insights_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

metric_points as (

    select * from {{ ref("int_metric_points_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

timed as (

    -- Times come from one feed: events, else sentences, else what else gives a start.
    select
        landed.*,
        coalesce(
            events.customer_id, metric_points.customer_id, insights.customer_id
        ) as customer_id,
        case
            when landed.in_events then events.first_event_at
            else coalesce(
                    messages.first_message_at, insights.given_start_at, metric_points.first_point_at
                )
        end as started_at,
        case
            when landed.in_events then events.last_event_at
            else coalesce(
                    messages.last_message_at,
                {{ micros_to_timestamp(
                    timestamp_to_micros("insights.given_start_at")
                    ~ " + floor(cast(insights.duration_nanos as double) / 1000)"
                ) }}
                )
        end as ended_at,
        case
            when landed.in_events then events.first_plausible_event_at
            else coalesce(
                    messages.first_message_at,
                    insights.given_start_at,
                    metric_points.first_plausible_point_at
                )
        end as first_plausible_at,
        coalesce(events.has_implausible_time, false)
        or coalesce(metric_points.has_implausible_time, false) as has_implausible_time
    from landed
    left join events on landed.conversation_id = events.conversation_id
    left join messages on landed.conversation_id = messages.conversation_id
    left join insights on landed.conversation_id = insights.conversation_id
    left join metric_points on landed.conversation_id = metric_points.conversation_id

),

judged as (

    select
        *,
        case
            when not {{ is_implausible("first_plausible_at", "last_landed_at") }}
                then first_plausible_at
        end as trusted_start_at
    from timed

),

final as (

    select
        conversation_id,
        customer_id,
        in_events,
        in_insights,
        in_support_metrics,
        has_implausible_time
        or (started_at is not null and trusted_start_at is null) as has_implausible_time,
        {{ seconds_between("started_at", "ended_at") }} as duration_seconds,
        cast({{ reporting_time("trusted_start_at") }} as date) as started_date,
        cast({{ dbt.date_trunc("hour", reporting_time("trusted_start_at")) }} as timestamp)
            as started_hour,
        {{ hour_of(reporting_time("trusted_start_at")) }} as hour_of_day,
        {{ iso_weekday(reporting_time("trusted_start_at")) }} as day_of_week,
        started_at,
        ended_at
    from judged

)

select * from final
