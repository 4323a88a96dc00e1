{#
    Grain: one row per reporting window and period. Windows are whole days in the reporting
    time zone and end with the day of as_of; `previous` is as many days before. `all` has
    no bounds, so that it holds what nobody can date, too.
#}

with as_of as (

    select cast({{ reporting_time("as_of") }} as date) as as_of_date
    from {{ ref("as_of") }}

),

lengths as (

    select
        'last_7_days' as window_name,
        7 as day_count
    union all
    select
        'last_30_days' as window_name,
        30 as day_count
    union all
    select
        'last_90_days' as window_name,
        90 as day_count

),

final as (

    select
        lengths.window_name,
        'current' as period,
        {{ days_before("as_of.as_of_date", "lengths.day_count - 1") }} as starts_on,
        as_of.as_of_date as ends_on
    from lengths
    cross join as_of
    union all
    select
        lengths.window_name,
        'previous' as period,
        {{ days_before("as_of.as_of_date", "2 * lengths.day_count - 1") }} as starts_on,
        {{ days_before("as_of.as_of_date", "lengths.day_count") }} as ends_on
    from lengths
    cross join as_of
    union all
    select
        'all' as window_name,
        'current' as period,
        cast(null as date) as starts_on,
        cast(null as date) as ends_on

)

select * from final
