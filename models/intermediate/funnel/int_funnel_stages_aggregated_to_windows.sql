{# Grain: one row per reporting window, period, dimension, segment and funnel stage. #}
{{ config(materialized="table") }}

{%- set counts = [
    "conversations", "conversations_in_order", "matured_conversations", "matured_entered",
    "matured_in_order",
] %}

with daily as (

    select * from {{ ref("funnel_daily") }}

),

windows as (

    select * from {{ ref("windows") }}

),

steps as (

    select * from {{ ref("int_funnel_steps") }}

),

segments as (

    select
        dimension,
        segment
    from daily

    union distinct

    select
        'all' as dimension,
        'all' as segment

),

summed as (

    select
        windows.window_name,
        windows.period,
        daily.dimension,
        daily.segment,
        daily.stage,
        {%- for count in counts %}
        cast(sum(daily.{{ count }}) as bigint) as {{ count }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from daily
    inner join windows
        on
            windows.starts_on is null
            or daily.cohort_date between windows.starts_on and windows.ends_on
    group by windows.window_name, windows.period, daily.dimension, daily.segment, daily.stage

),

final as (

    select
        windows.window_name,
        windows.period,
        windows.starts_on,
        windows.ends_on,
        segments.dimension,
        segments.segment,
        steps.stage,
        {%- for count in counts %}
        coalesce(summed.{{ count }}, 0) as {{ count }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from windows
    cross join segments
    cross join steps
    left join summed
        on
            windows.window_name = summed.window_name
            and windows.period = summed.period
            and segments.dimension = summed.dimension
            and segments.segment = summed.segment
            and steps.stage = summed.stage

)

select * from final
