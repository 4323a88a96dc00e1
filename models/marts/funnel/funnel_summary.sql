{# Grain: one row per reporting window, dimension, segment and funnel stage. #}
{{ config(materialized="table") }}

{%- set changes = {"week_over_week": "last_7_days", "month_over_month": "last_30_days"} %}

with counted as (

    select * from {{ ref("funnel_by_window") }}

),

reached as (

    select * from {{ ref("int_funnel_stages_reached") }}
    where seconds_from_previous is not null

),

segments as (

    select * from {{ ref("int_segments_listed") }}

),

windows as (

    select * from {{ ref("windows") }}
    where period = 'current'

),

-- Medians do not add up: they come from the conversations.
medians as (

    select
        windows.window_name,
        segments.dimension,
        segments.segment,
        reached.stage,
        {{ percentile("reached.seconds_from_previous", 0.5) }} as median_seconds_from_previous
    from reached
    inner join windows
        on
            windows.starts_on is null
            or reached.started_date between windows.starts_on and windows.ends_on
    inner join segments on reached.conversation_id = segments.conversation_id
    group by windows.window_name, segments.dimension, segments.segment, reached.stage

),

-- The same change beside every window of a segment and stage.
changes as (

    select
        dimension,
        segment,
        stage
        {%- for change, window_name in changes.items() %}
        {%- set now, before = [
            "case when window_name = '" ~ window_name ~ "' and period = 'current' then ",
            "case when window_name = '" ~ window_name ~ "' and period = 'previous' then ",
        ] %},
        {{ ratio("sum(" ~ now ~ "conversations end)", "sum(" ~ before ~ "conversations end)") }}
        - 1 as conversations_{{ change }},
        {{ ratio("sum(" ~ now ~ "conversations end)",
                 "sum(" ~ now ~ "previous_conversations end)") }}
        - {{ ratio("sum(" ~ before ~ "conversations end)",
                   "sum(" ~ before ~ "previous_conversations end)") }}
            as rate_from_previous_{{ change }}
        {%- endfor %}
    from counted
    group by dimension, segment, stage

),

final as (

    select
        counted.window_name,
        counted.starts_on,
        counted.ends_on,
        counted.dimension,
        counted.segment,
        counted.stage_order,
        counted.stage,
        counted.is_optional,
        counted.previous_stage,
        counted.conversations,
        counted.previous_conversations,
        counted.started_conversations,
        {{ ratio("counted.conversations", "counted.previous_conversations") }}
            as rate_from_previous,
        {{ ratio("counted.conversations", "counted.started_conversations") }} as rate_from_start,
        counted.conversations_in_order,
        counted.previous_in_order,
        counted.entered_conversations,
        {{ ratio("counted.conversations_in_order", "counted.previous_in_order") }}
            as in_order_rate_from_previous,
        {{ wilson_low("counted.conversations_in_order", "counted.previous_in_order") }}
            as in_order_rate_low,
        {{ wilson_high("counted.conversations_in_order", "counted.previous_in_order") }}
            as in_order_rate_high,
        {{ ratio("counted.conversations_in_order", "counted.entered_conversations") }}
            as in_order_rate_from_start,
        counted.matured_conversations,
        counted.matured_entered,
        counted.matured_in_order,
        {{ ratio("counted.matured_in_order", "counted.matured_entered") }}
            as matured_rate_from_start,
        {%- for change in changes %}
        changes.conversations_{{ change }},
        changes.rate_from_previous_{{ change }},
        {%- endfor %}
        medians.median_seconds_from_previous
    from counted
    inner join changes
        on
            counted.dimension = changes.dimension
            and counted.segment = changes.segment
            and counted.stage = changes.stage
    left join medians
        on
            counted.window_name = medians.window_name
            and counted.dimension = medians.dimension
            and counted.segment = medians.segment
            and counted.stage = medians.stage
    where counted.period = 'current'

)

select * from final
