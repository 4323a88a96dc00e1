{#
    Grain: one row per reporting window, kind (fallback, error, escalation), dimension,
    segment and reason.
#}
{{ config(materialized="table") }}

with incidents as (

    select * from {{ ref("int_incidents_reasoned") }}

),

conversations as (

    select * from {{ ref("conversations") }}

),

segments as (

    select * from {{ ref("int_segments_listed") }}

),

windows as (

    select * from {{ ref("windows") }}
    where period = 'current'

),

-- A reason that fewer conversations share may be a person's own words.
shared_reasons as (

    select
        kind,
        reason
    from incidents
    group by kind, reason
    having count(distinct conversation_id) >= 5

),

-- Once a reason: what the segments multiply then needs no count of distinct ids.
by_conversation as (

    select
        incidents.conversation_id,
        incidents.kind,
        shared_reasons.reason,
        count(*) as incident_count,
        1 as conversation_count
    from incidents
    left join shared_reasons
        on
            incidents.kind = shared_reasons.kind
            and incidents.reason = shared_reasons.reason
    group by incidents.conversation_id, incidents.kind, shared_reasons.reason

),

counted as (

    select
        windows.window_name,
        by_conversation.kind,
        segments.dimension,
        segments.segment,
        coalesce(by_conversation.reason, '(rare)') as reason,
        cast(sum(by_conversation.incident_count) as bigint) as incident_count,
        cast(sum(by_conversation.conversation_count) as bigint) as conversation_count
    from by_conversation
    inner join conversations
        on by_conversation.conversation_id = conversations.conversation_id
    inner join windows
        on windows.starts_on is null
            or conversations.started_date between windows.starts_on and windows.ends_on
    inner join segments on by_conversation.conversation_id = segments.conversation_id
    group by
        windows.window_name, by_conversation.kind, segments.dimension, segments.segment,
        by_conversation.reason

),

final as (

    select
        *,
        cast(sum(incident_count) over (
            partition by window_name, kind, dimension, segment
        ) as bigint) as incidents_of_kind,
        {{ ratio(
            "incident_count",
            "sum(incident_count) over (partition by window_name, kind, dimension, segment)",
        ) }} as incident_share
    from counted

)

select * from final
