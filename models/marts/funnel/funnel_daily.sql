{# Grain: one row per cohort date, dimension, segment and funnel stage, reached or not. #}
{{ config(materialized="view") }}

with counted as (

    select * from {{ ref("int_funnel_stages_aggregated_to_days") }}

),

steps as (

    select * from {{ ref("int_funnel_steps") }}

),

as_of as (

    select cast({{ reporting_time("as_of") }} as date) as as_of_date
    from {{ ref("as_of") }}

),

-- A cohort is what its first stage counts: all of it has been there.
cohorts as (

    select counted.*
    from counted
    inner join steps on counted.stage = steps.stage
    where steps.step = 1

),

-- Closed for the whole day, its last conversation included.
judged as (

    select
        cohorts.*,
        steps.step,
        steps.stage_order,
        steps.stage as later_stage,
        coalesce(
            steps.step = 1
            or cohorts.metric_date
            <= {{ days_before("as_of.as_of_date", "steps.days_to_mature + 1") }},
            false
        ) as is_matured
    from cohorts
    cross join steps
    cross join as_of

),

final as (

    select
        judged.metric_date as cohort_date,
        judged.dimension,
        judged.segment,
        judged.stage_order,
        judged.later_stage as stage,
        coalesce(counted.conversations, 0) as conversations,
        coalesce(counted.conversations_in_order, 0) as conversations_in_order,
        case when judged.is_matured then judged.conversations else 0 end
            as matured_conversations,
        case when judged.is_matured then judged.conversations_in_order else 0 end
            as matured_entered,
        case
            when judged.is_matured then coalesce(counted.conversations_in_order, 0) else 0
        end as matured_in_order
    from judged
    left join counted
        on
            judged.metric_date is not distinct from counted.metric_date
            and judged.dimension = counted.dimension
            and judged.segment = counted.segment
            and judged.later_stage = counted.stage

)

select * from final
