{# Grain: one row per conversation and funnel stage that an event of a trusted time means. #}

with stage_events as (

    select * from {{ ref("int_stage_events_placed") }}
    where {{ of_touched_events() }}

),

steps as (

    select * from {{ ref("int_funnel_steps") }}

),

firsts as (

    select
        conversation_id,
        step,
        min(occurred_at) as reached_at
    from stage_events
    group by conversation_id, step

),

followed as (

    select
        firsts.conversation_id,
        firsts.step,
        steps.stage,
        firsts.reached_at,
        steps.window_seconds,
        {{ seconds_between("previous.reached_at", "firsts.reached_at") }}
            as seconds_from_previous
    from firsts
    inner join steps on firsts.step = steps.step
    left join firsts as previous
        on
            firsts.conversation_id = previous.conversation_id
            and steps.previous_step = previous.step

),

final as (

    select
        conversation_id,
        stage,
        step,
        reached_at,
        seconds_from_previous,
        -- Of one instant, the order of events decides: not seen here.
        bool_and(
            step = 1
            or coalesce(
                seconds_from_previous > 0 and seconds_from_previous <= window_seconds, false
            )
        ) over (partition by conversation_id) as is_in_order
    from followed

)

select * from final
