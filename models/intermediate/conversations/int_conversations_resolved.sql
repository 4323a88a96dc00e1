{# Grain: one row per conversation of any system: how far it got and how it ended. #}

{%- set stages = ["responded", "qualified", "booked", "attended", "opportunity", "converted"] %}

with conversations as (

    select * from {{ ref("int_conversations_timed") }}
    where {{ of_touched_conversations() }}

),

stages_reached as (

    select
        conversation_id,
        {%- for stage in stages %}
        max(case when stage = '{{ stage }}' then 1 else 0 end) = 1 as is_{{ stage }},
        min(case when stage = '{{ stage }}' then first_reached_at end) as {{ stage }}_at
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref("int_stages_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}
    group by conversation_id

),

event_roles as (

    select * from {{ ref("int_event_roles_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

metric_points as (

    select * from {{ ref("int_metric_points_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

closers as (

    select * from {{ ref("closers") }}

),

joined as (

    select
        conversations.conversation_id,
        conversations.in_events,
        conversations.in_support_metrics,
        {%- for stage in stages %}
        case
            when conversations.in_events then coalesce(stages_reached.is_{{ stage }}, false)
        end as is_{{ stage }},
        stages_reached.{{ stage }}_at,
        {%- endfor %}
        case
            when stages_reached.is_converted then 'converted'
            when stages_reached.is_attended then 'attended'
            when stages_reached.is_booked then 'booked'
            when event_roles.escalation_count > 0 then 'escalated'
            when event_roles.disqualification_count > 0 then 'disqualified'
            when stages_reached.is_qualified then 'qualified'
        end as furthest_outcome,
        event_roles.last_end as declared_outcome,
        -- Support points say it outright; events by a resolution that nothing reopened.
        coalesce(
            metric_points.is_resolved,
            case
                when event_roles.resolution_count > 0
                    then event_roles.resolution_count > event_roles.reopening_count
            end
        ) as is_resolved,
        case when conversations.in_events then coalesce(event_roles.reopening_count, 0) > 0 end
            as is_reopened,
        -- Who closed it is never guessed from a status.
        case
            when event_roles.resolution_count > 0 or event_roles.end_count > 0
                then coalesce(closers.closed_by, 'unknown')
            when metric_points.is_resolved then 'unknown'
        end as closed_by,
        -- A survey or a cost that both feeds carry is one: the support point counts.
        case
            when metric_points.csat_count > 0 then metric_points.csat_count
            else coalesce(event_roles.survey_count, 0)
        end as csat_count,
        case
            when metric_points.csat_count > 0 then metric_points.csat_sum
            else event_roles.survey_sum
        end as csat_sum,
        case
            when metric_points.csat_count > 0 then metric_points.csat_detractor_count
            else coalesce(event_roles.survey_detractor_count, 0)
        end as csat_detractor_count,
        coalesce(metric_points.cost_sum, event_roles.cost) as cost,
        {{ ratio("metric_points.resolution_minutes_sum",
                 "metric_points.resolution_minutes_count") }} as resolution_minutes,
        case
            when conversations.in_events then coalesce(event_roles.revenue, 0)
        end as revenue
    from conversations
    left join stages_reached
        on conversations.conversation_id = stages_reached.conversation_id
    left join event_roles on conversations.conversation_id = event_roles.conversation_id
    left join metric_points
        on conversations.conversation_id = metric_points.conversation_id
    left join closers
        on
            coalesce(event_roles.last_resolution, event_roles.last_closure)
            = closers.closed_by_value

),

final as (

    select
        *,
        -- Points, or a word about a resolution: nobody meant to sell anything.
        in_support_metrics or is_resolved is not null as is_support,
        case
            when not in_events then null
            when furthest_outcome is not null then furthest_outcome
            when is_resolved then 'resolved'
            else 'dropped'
        end as outcome
    from joined

)

select * from final
