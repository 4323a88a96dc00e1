{#
    Grain: one row per reporting window, dimension, segment and funnel stage that was reached
    in order: how long that took. Medians do not add up, so they come from conversations.
#}
{{ config(materialized="table") }}

with reached as (

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

final as (

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

)

select * from final
