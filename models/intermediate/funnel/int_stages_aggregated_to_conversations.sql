{# Grain: one row per conversation and funnel stage that it reached, in any order. #}

with event_roles as (

    select * from {{ ref("stg_sales_bot__event_roles") }}
    where {{ of_touched_events() }} and role = 'stage'

),

final as (

    select
        conversation_id,
        stage,
        count(*) as event_count,
        min(occurred_at) as first_reached_at
    from event_roles
    group by conversation_id, stage

)

select * from final
