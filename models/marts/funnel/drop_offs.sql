{#
    Grain: one row per reporting window, dimension, segment and pair of stages that follow
    each other, optional stages left out.
#}
{{ config(materialized="table") }}

with stages as (

    select * from {{ ref("funnel_summary") }}
    where not is_optional and previous_stage is not null

),

lost as (

    select
        *,
        1 - rate_from_previous as drop_rate,
        previous_conversations - conversations as volume_lost
    from stages

),

final as (

    select
        window_name,
        dimension,
        segment,
        previous_stage as from_stage,
        stage as to_stage,
        previous_conversations as from_conversations,
        conversations as to_conversations,
        drop_rate,
        volume_lost,
        1 - in_order_rate_from_previous as drop_rate_in_order,
        coalesce(drop_rate > {{ var("drop_off_threshold") }}, false) as is_above_threshold,
        -- Equal rates stay in the order of the stages, as a stable sort leaves them.
        cast(row_number() over (
            partition by window_name, dimension, segment
            order by drop_rate desc nulls last, stage_order asc
        ) as bigint) as rank,
        cast(row_number() over (
            partition by window_name, dimension, segment
            order by volume_lost desc, stage_order asc
        ) as bigint) as rank_by_volume
    from lost

)

select * from final
