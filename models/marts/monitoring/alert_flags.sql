{# Grain: one row per alert rule and segment: its evaluation at as-of. #}
{{ config(materialized="table") }}

with states as (

    select
        *,
        max(hour_number) over () as last_hour
    from {{ ref("int_alert_states_sequenced") }}

),

rules as (

    select * from {{ ref("int_alert_rules_checked") }}

),

final as (

    select
        rules.rule_id,
        rules.metric_name,
        rules.metric_label,
        rules.unit,
        rules.dimension,
        states.segment,
        rules.condition,
        rules.threshold,
        rules.threshold_kind,
        rules.window_name,
        rules.severity,
        rules.severity_rank,
        states.state,
        states.is_open as is_firing,
        states.is_inhibited,
        {{ hour_at("states.hour_number") }} as evaluated_at,
        {{ hour_at("states.hour_number - rules.lag_hours - rules.window_hours") }}
            as window_starts_at,
        {{ hour_at("states.hour_number - rules.lag_hours") }} as window_ends_at,
        {{ hour_at("states.state_since_hour") }} as state_since,
        case when states.is_open then {{ hour_at("states.opened_hour") }} end as fired_at,
        states.value,
        states.reference_value,
        states.usual_value,
        states.lower_limit,
        states.upper_limit,
        states.margin,
        states.sample_size,
        rules.min_sample
    from states
    inner join rules on states.rule_id = rules.rule_id
    where states.hour_number = states.last_hour

)

select * from final
