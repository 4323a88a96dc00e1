{#
    Grain: one row per day on which conversations started, dimension, segment and funnel
    stage that they reached. Conversations whose start nobody knows have a NULL day.
#}
{{ config(incremental_strategy="replace_dates") }}

with reached as (

    select * from {{ ref("int_funnel_stages_reached") }}
    where {{ of_touched_dates("started_date") }}

),

segments as (

    select * from {{ ref("int_segments_listed") }}

),

final as (

    select
        reached.started_date as metric_date,
        segments.dimension,
        segments.segment,
        reached.stage,
        count(*) as conversations,
        count(case when reached.is_in_order then 1 end) as conversations_in_order
    from reached
    inner join segments on reached.conversation_id = segments.conversation_id
    group by reached.started_date, segments.dimension, segments.segment, reached.stage

)

select * from final
