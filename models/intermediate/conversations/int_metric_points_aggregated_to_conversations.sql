{# Grain: one row per conversation with support metric points. #}

with points as (

    select * from {{ ref("stg_support__metric_points") }}
    where {{ of_touched_conversations() }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by conversation_id, is_resolved is null
            order by recorded_at desc nulls last, point_key asc
        ) as resolution_from_end,
        row_number() over (
            partition by conversation_id, escalation_reason is null
            order by recorded_at nulls last, point_key
        ) as reason_from_start,
        row_number() over (
            partition by conversation_id, customer_id is null
            order by recorded_at nulls last, point_key
        ) as customer_from_start
    from points

),

final as (

    select
        conversation_id,
        count(*) as point_count,
        {%- for metric, column in [
            ("csat", "csat"), ("cost", "cost"), ("resolution_time", "resolution_minutes"),
            ("conversation_turns", "turns"), ("escalation", "escalation"),
        ] %}
        count(case when metric_name = '{{ metric }}' and is_valid then 1 end)
            as {{ column }}_count,
        {{ sum_in_order(
            "case when metric_name = '" ~ metric ~ "' and is_valid then metric_value end",
            "recorded_at nulls last, point_key",
        ) }}
            as {{ column }}_sum,
        {%- endfor %}
        count(case when metric_name = 'csat' and is_valid and metric_value <= 2 then 1 end)
            as csat_detractor_count,
        count(case when metric_name = 'resolution_time' and is_valid then is_resolved end)
            as resolution_verdict_count,
        count(
            case when metric_name = 'resolution_time' and is_valid and is_resolved then 1 end
        ) as resolved_count,
        max(
            case
                when resolution_from_end = 1 and is_resolved then 1
                when resolution_from_end = 1 and not is_resolved then 0
            end
        ) = 1 as is_resolved,
        max(case when reason_from_start = 1 then escalation_reason end) as escalation_reason,
        max(case when customer_from_start = 1 then customer_id end) as customer_id,
        min(recorded_at) as first_point_at,
        min(case when not is_time_implausible then recorded_at end)
            as first_plausible_point_at,
        max(case when is_time_implausible then 1 else 0 end) = 1 as has_implausible_time
    from numbered
    group by conversation_id

)

select * from final
