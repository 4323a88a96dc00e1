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

completed as (

    select
        windows.window_name,
        windows.period,
        windows.starts_on,
        windows.ends_on,
        segments.dimension,
        segments.segment,
        steps.step,
        steps.previous_step,
        steps.stage_order,
        steps.stage,
        steps.is_optional,
        steps.previous_stage,
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

),

final as (

    select
        completed.window_name,
        completed.period,
        completed.starts_on,
        completed.ends_on,
        completed.dimension,
        completed.segment,
        completed.stage_order,
        completed.stage,
        completed.is_optional,
        completed.previous_stage,
        {%- for count in counts %}
        completed.{{ count }},
        {%- endfor %}
        previous.conversations as previous_conversations,
        previous.conversations_in_order as previous_in_order,
        first_stage.conversations as started_conversations,
        first_stage.conversations_in_order as entered_conversations
    from completed
    inner join completed as first_stage
        on
            completed.window_name = first_stage.window_name
            and completed.period = first_stage.period
            and completed.dimension = first_stage.dimension
            and completed.segment = first_stage.segment
            and first_stage.step = 1
    left join completed as previous
        on
            completed.window_name = previous.window_name
            and completed.period = previous.period
            and completed.dimension = previous.dimension
            and completed.segment = previous.segment
            and completed.previous_step = previous.step

)

select * from final
