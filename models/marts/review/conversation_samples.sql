{#
    Grain: one row per sampled conversation of the last 90 days: a few a week for every
    way to succeed or fail, drawn by a hash of the id and so the same for everybody.
#}
{{ config(materialized="table") }}

{%- set samples_per_week = 3 %}

with windows as (

    select * from {{ ref("windows") }}
    where window_name = 'last_90_days' and period = 'current'

),

conversations as (

    select * from {{ ref("conversations") }}

),

classified as (

    select
        conversations.*,
        cast({{ dbt.date_trunc("week", "conversations.started_date") }} as date) as started_week,
        case
            when conversations.outcome = 'converted' then 'converted'
            when conversations.csat_score <= 2 then 'dissatisfied'
            when conversations.outcome in ('dropped', 'disqualified') then conversations.outcome
            when not conversations.is_resolved then 'unresolved'
            when conversations.is_resolved then 'resolved'
        end as reason
    from conversations
    inner join windows
        on conversations.started_date between windows.starts_on and windows.ends_on

),

ranked as (

    select
        *,
        cast(row_number() over (
            partition by started_week, reason
            order by md5(conversation_id), conversation_id
        ) as bigint) as sample_number
    from classified
    where reason is not null

),

samples as (

    select * from ranked
    where sample_number <= {{ samples_per_week }}

),

ends as (

    select
        messages.conversation_id,
        max(case when messages.message_position = 1 then messages.content end)
            as first_message,
        max(
            case when messages.message_position = samples.message_count then messages.content end
        ) as last_message
    from {{ ref("messages") }} as messages
    inner join samples on messages.conversation_id = samples.conversation_id
    group by messages.conversation_id

),

facts as (

    select
        event_roles.conversation_id,
        case event_roles.role
            when 'stage' then event_roles.stage
            when 'objection' then 'objection: ' || {{ json_text("event_roles.role_value") }}
            else event_roles.role
        end as fact,
        row_number() over (
            partition by event_roles.conversation_id
            order by event_roles.occurred_at nulls last, event_roles.event_key, event_roles.role
        ) as fact_number
    from {{ ref("stg_sales_bot__event_roles") }} as event_roles
    inner join samples on event_roles.conversation_id = samples.conversation_id
    where
        event_roles.role in (
            'stage', 'objection', 'fallback', 'error', 'escalation', 'takeover',
            'disqualification', 'resolution', 'reopening', 'end'
        )

),

-- A fact stands where it first came: a customer's every message is a response.
first_facts as (

    select
        conversation_id,
        fact,
        min(fact_number) as first_number
    from facts
    where fact is not null
    group by conversation_id, fact

),

paths as (

    select
        conversation_id,
        {{ collect_in_order("fact", "first_number") }} as fact_path
    from first_facts
    group by conversation_id

),

final as (

    select
        samples.started_week,
        case when samples.reason in ('converted', 'resolved') then 'successful' else 'failed' end
            as result,
        samples.reason,
        samples.sample_number,
        samples.conversation_id,
        samples.started_date,
        samples.channel,
        samples.intent,
        samples.outcome,
        samples.closed_by,
        samples.is_escalated,
        samples.escalation_reason,
        samples.csat_score,
        samples.message_count,
        samples.duration_seconds,
        paths.fact_path,
        ends.first_message,
        ends.last_message
    from samples
    left join paths on samples.conversation_id = paths.conversation_id
    left join ends on samples.conversation_id = ends.conversation_id

)

select * from final
