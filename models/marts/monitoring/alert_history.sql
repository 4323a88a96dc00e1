{# Grain: one row per alert rule, segment and hour at which its state changed. #}
{{ config(materialized="table") }}

with states as (

    select * from {{ ref("int_alert_states_sequenced") }}

),

rules as (

    select * from {{ ref("int_alert_rules_checked") }}

),

final as (

    select
        states.rule_id,
        rules.metric_name,
        rules.dimension,
        states.segment,
        rules.severity,
        {{ hour_at("states.hour_number") }} as changed_at,
        states.previous_state as from_state,
        states.state as to_state,
        case
            when states.is_open and not states.was_open then 'fired'
            when states.was_open and not states.is_open then 'resolved'
        end as event,
        case
            when states.is_open or states.was_open then {{ hour_at("states.opened_hour") }}
        end as fired_at,
        states.value,
        states.reference_value,
        states.sample_size
    from states
    inner join rules on states.rule_id = rules.rule_id
    where states.state != states.previous_state

)

select * from final
