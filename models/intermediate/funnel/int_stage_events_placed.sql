{# Grain: one row per event of a trusted time and stage that seed event_meanings gives it. #}
{{ config(materialized="view") }}

with event_roles as (

    select * from {{ ref("stg_sales_bot__event_roles") }}
    where role = 'stage' and occurred_at is not null and not is_time_implausible

),

meanings as (

    select * from {{ ref("event_meanings") }}

),

steps as (

    select * from {{ ref("int_funnel_steps") }}

),

-- Events of one instant stand in the order of the stages. The place belongs to the type,
-- so that an event of two stages has one place and cannot follow itself.
places as (

    select
        meanings.event_type,
        min(steps.step) as place
    from meanings
    inner join steps on meanings.stage = steps.stage
    group by meanings.event_type

),

final as (

    select
        event_roles.event_key,
        event_roles.conversation_id,
        steps.step,
        places.place,
        event_roles.occurred_at,
        event_roles._file_id
    from event_roles
    inner join steps on event_roles.stage = steps.stage
    inner join places on event_roles.event_type = places.event_type

)

select * from final
