{# Grain: one row per funnel stage, with its place among the others. #}
{{ config(materialized="view") }}

with stages as (

    select * from {{ ref("funnel_stages") }}

),

numbered as (

    select
        *,
        row_number() over (order by stage_order) as step,
        sum(coalesce(window_days, 0)) over (
            order by stage_order rows between unbounded preceding and current row
        ) as days_to_mature
    from stages

),

-- An optional stage may be left out, so what comes after it follows the one before.
linked as (

    select
        *,
        max(case when not is_optional then step end) over (
            order by step rows between unbounded preceding and 1 preceding
        ) as previous_step
    from numbered

),

final as (

    select
        cast(linked.stage_order as bigint) as stage_order,
        linked.stage,
        linked.is_optional,
        cast(linked.step as integer) as step,
        cast(linked.previous_step as integer) as previous_step,
        previous.stage as previous_stage,
        cast(linked.window_days as double) * 86400 as window_seconds,
        cast(linked.days_to_mature as bigint) as days_to_mature
    from linked
    left join numbered as previous on linked.previous_step = previous.step

)

select * from final
