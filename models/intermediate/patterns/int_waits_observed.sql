{#
    Grain: one row per event waited for, population and conversation: how long it has been
    watched. A conversation that closed without the event is watched on, up to as_of: closed
    is not lost from sight, it may be taken up again, and taking it out would say that it
    would have come as far as the rest. So 1 - survival is the share that has the event.
#}
{{ config(materialized="view") }}

{#- event, population, who belongs to it, whether it has come, seconds until it -#}
{%- set waits = [
    ("qualification", "sales_bot", "in_events", "is_qualified", "qualification_seconds"),
    ("booking", "sales_bot", "in_events", "is_booked", "booking_seconds"),
    ("resolution", "sales_bot", "in_events", "is_resolved", "resolution_seconds"),
    ("resolution", "support", "in_support_metrics", "is_resolved", "resolution_seconds"),
] %}

with timed as (

    select * from {{ ref("int_conversations_timed") }}
    where not has_implausible_time

),

resolved as (

    select * from {{ ref("int_conversations_resolved") }}

),

event_roles as (

    select * from {{ ref("int_event_roles_aggregated_to_conversations") }}

),

as_of as (

    select * from {{ ref("as_of") }}

),

conversations as (

    select
        timed.conversation_id,
        timed.in_events,
        timed.in_support_metrics,
        resolved.is_qualified,
        resolved.is_booked,
        resolved.is_resolved,
        {{ seconds_between("timed.started_at", "resolved.qualified_at") }}
            as qualification_seconds,
        {{ seconds_between("timed.started_at", "resolved.booked_at") }} as booking_seconds,
        coalesce(
            {{ seconds_between("timed.started_at", "event_roles.last_resolution_at") }},
            resolved.resolution_minutes * 60
        ) as resolution_seconds,
        -- Where points are all there is, the first of them stands at the end.
        {{ seconds_between("timed.started_at", "as_of.as_of") }}
        + case
            when timed.in_events or timed.in_insights then 0
            else coalesce(resolved.resolution_minutes * 60, 0)
        end as watched_seconds
    from timed
    inner join resolved on timed.conversation_id = resolved.conversation_id
    left join event_roles on timed.conversation_id = event_roles.conversation_id
    cross join as_of

),

waits as (
    {% for event, population, belongs, has_come, seconds in waits %}
    select
        {{ loop.index }} as wait_number,
        '{{ event }}' as event_name,
        '{{ population }}' as population,
        conversation_id,
        coalesce({{ has_come }}, false) as has_come,
        case when {{ has_come }} then {{ seconds }} else watched_seconds end as seconds,
        watched_seconds
    from conversations
    where {{ belongs }} and watched_seconds >= 0
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

-- Came, nobody knows when: left out. Came after as_of: not yet.
final as (

    select
        wait_number,
        event_name,
        population,
        conversation_id,
        has_come and seconds <= watched_seconds as has_come,
        least(seconds, watched_seconds) as wait_seconds
    from waits
    where seconds is not null

)

select * from final
