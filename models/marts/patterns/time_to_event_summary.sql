{# Grain: one row per event waited for and population. #}
{{ config(materialized="table") }}

with waits as (

    select * from {{ ref("int_waits_observed") }}

),

estimated as (

    select * from {{ ref("int_waits_estimated") }}

),

counted as (

    select
        event_name,
        population,
        count(*) as conversations,
        count(case when has_come then 1 end) as conversations_with_event,
        {{ percentile("case when has_come then wait_seconds end", 0.5) }}
            as median_seconds_of_those_with_event
    from waits
    group by event_name, population

),

medians as (

    select
        event_name,
        population,
        min(case when survival <= 0.5 then wait_seconds end) as median_seconds,
        min(case when survival_low <= 0.5 then wait_seconds end) as median_seconds_low,
        min(case when survival_high < 0.5 then wait_seconds end) as median_seconds_high
    from estimated
    group by event_name, population

),

final as (

    select
        counted.event_name,
        counted.population,
        counted.conversations,
        counted.conversations_with_event,
        {{ ratio("counted.conversations_with_event", "counted.conversations") }}
            as event_share,
        medians.median_seconds,
        medians.median_seconds_low,
        medians.median_seconds_high,
        counted.median_seconds_of_those_with_event
    from counted
    left join medians
        on
            counted.event_name = medians.event_name
            and counted.population = medians.population

)

select * from final
