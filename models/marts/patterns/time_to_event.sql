{#
    Grain: one row per event waited for, population and point of the curve. Of a long curve
    the points at which it has gone down by another half of a percent, and the last.
#}
{{ config(materialized="table") }}

with estimated as (

    select * from {{ ref("int_waits_estimated") }}

),

with_neighbours as (

    select
        *,
        lag(survival, 1, cast(1 as double)) over (
            partition by event_name, population order by wait_seconds
        ) as previous_survival,
        lead(wait_seconds) over (
            partition by event_name, population order by wait_seconds
        ) as next_wait_seconds
    from estimated

),

final as (

    select
        event_name,
        population,
        wait_seconds,
        at_risk,
        events_so_far,
        survival,
        survival_low,
        survival_high
    from with_neighbours
    where
        floor(survival * 200) < floor(previous_survival * 200)
        or next_wait_seconds is null

)

select * from final
