{# Grain: one row per event of a fallback, an error or an escalation, with its reason. #}

with event_roles as (

    select * from {{ ref("stg_sales_bot__event_roles") }}
    where
        {{ of_touched_events() }} and role in ('fallback', 'error', 'escalation')

),

metric_points as (

    select * from {{ ref("stg_support__metric_points") }}
    where
        {{ of_touched_conversations() }}
        and metric_name = 'escalation' and metric_value > 0 and is_valid

),

escalated as (

    select distinct conversation_id
    from event_roles
    where role = 'escalation'

),

unioned as (

    select
        event_key as incident_key,
        conversation_id,
        role as kind,
        {{ json_text("role_value") }} as reason
    from event_roles
    union all
    -- An escalation that both feeds report is one: the event counts.
    select
        metric_points.point_key as incident_key,
        metric_points.conversation_id,
        'escalation' as kind,
        metric_points.escalation_reason as reason
    from metric_points
    left join escalated on metric_points.conversation_id = escalated.conversation_id
    where escalated.conversation_id is null

),

final as (

    select
        incident_key,
        conversation_id,
        kind,
        coalesce(nullif(trim(reason), ''), '(unknown)') as reason
    from unioned

)

select * from final
