{#
    Grain: one row per event waited for, population and wait after which it came: the
    product-limit (Kaplan-Meier) estimate. Interval: Greenwood's variance, on the scale of
    log(-log), so that it stays within 0 and 1; NULL once nobody is left.
#}
{{ config(materialized="table") }}

with waits as (

    select * from {{ ref("int_waits_observed") }}

),

-- From the longest wait on, and by number: the sort would take twice as long by names. Of
-- equal waits those whose event came are the last.
placed as (

    select
        *,
        row_number() over (
            partition by wait_number
            order by wait_seconds desc, has_come asc
        ) as place
    from waits

),

at_risk as (

    select
        min(event_name) as event_name,
        min(population) as population,
        wait_seconds,
        cast(max(place) as bigint) as at_risk,
        count(*) as events
    from placed
    where has_come
    group by wait_number, wait_seconds

),

summed as (

    select
        event_name,
        population,
        wait_seconds,
        at_risk,
        events,
        cast(sum(events) over so_far as bigint) as events_so_far,
        events = at_risk as is_nobody_left,
        sum(
            case when events < at_risk then ln(1 - cast(events as double) / at_risk) end
        ) over so_far as log_survival,
        sum(
            case
                when events < at_risk
                    then cast(events as double) / at_risk / (at_risk - events)
            end
        ) over so_far as greenwood
    from at_risk
    window so_far as (
        partition by event_name, population
        order by wait_seconds
        rows between unbounded preceding and current row
    )

),

spread as (

    select
        *,
        1.959963984540054 * sqrt(greenwood) / abs(log_survival) as log_log_margin
    from summed

),

-- Rounded: half is half, however it was multiplied.
final as (

    select
        event_name,
        population,
        wait_seconds,
        at_risk,
        events,
        events_so_far,
        case
            when is_nobody_left then cast(0 as double)
            else round(exp(log_survival), 12)
        end as survival,
        case
            when not is_nobody_left then round(exp(log_survival * exp(log_log_margin)), 12)
        end as survival_low,
        case
            when not is_nobody_left then round(exp(log_survival * exp(-log_log_margin)), 12)
        end as survival_high
    from spread

)

select * from final
