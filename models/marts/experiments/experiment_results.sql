{# Grain: one row per experiment, variant other than control, and metric. #}
{{ config(materialized="table") }}

{%- set sums = ["numerator", "denominator", "sample_size", "sum_xx", "sum_yy", "sum_xy"] %}

with summed as (

    select * from {{ ref("int_experiment_metrics_summed") }}

),

health as (

    select * from {{ ref("experiment_health") }}

),

definitions as (

    select * from {{ ref("metric_definitions") }}

),

sides as (

    select
        health.experiment,
        health.variant,
        summed.metric_name,
        controls.variant as control_variant,
        coalesce(health.primary_metric = summed.metric_name, false) as is_primary,
        health.is_blocked,
        health.problem,
        definitions.better_direction,
        summed.is_share,
        {%- for sum in sums %}
        summed.{{ sum }},
        control_sums.{{ sum }} as base_{{ sum }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from health
    inner join health as controls
        on health.experiment = controls.experiment and controls.is_control
    inner join summed
        on health.experiment = summed.experiment and health.variant = summed.variant
    inner join summed as control_sums
        on
            controls.experiment = control_sums.experiment
            and controls.variant = control_sums.variant
            and summed.metric_name = control_sums.metric_name
    inner join definitions on summed.metric_name = definitions.metric_name
    where not health.is_control

),

compared as (
    {{ compared_ratios("sides") }}
),

gated as (

    select
        compared.*,
        {{ has_enough_sample() }} as has_enough_sample,
        -- Relative to a control that may as well be 0, nothing is said.
        case when base_value > 1.959963984540054 * sqrt(base_variance) then base_value end
            as lift_base
    from compared

),

looked_at as (

    select
        gated.*,
        value / lift_base - 1 as lift,
        sqrt({{ lift_variance("value", "variance", "lift_base", "base_variance") }})
            as lift_error,
        {{ anytime_z("(sample_size + base_sample_size)") }} as anytime_z,
        case when has_enough_sample and not is_blocked then p_value end as fixed_p_value,
        case
            when has_enough_sample and not is_blocked
                then {{ anytime_p("test_statistic", "(sample_size + base_sample_size)") }}
        end as anytime_p_value
    from gated

),

adjusted as (
    {{ adjusted_p_values("looked_at", "anytime_p_value", ["experiment", "is_primary"]) }}
),

judged as (

    select
        adjusted.*,
        lift - 1.959963984540054 * lift_error as lift_low,
        lift + 1.959963984540054 * lift_error as lift_high,
        {%- for effect, error in [("difference", "standard_error"), ("lift", "lift_error")] %}
        {{ effect }} - anytime_z * {{ error }} as anytime_{{ effect }}_low,
        {{ effect }} + anytime_z * {{ error }} as anytime_{{ effect }}_high,
        {%- endfor %}
        q_value <= 0.05 as is_significant,
        abs(lift) >= 0.05 as is_important,
        (1.959963984540054 + 0.8416212335729143) * standard_error
            as minimum_detectable_difference,
        (better_direction = 'up') = (difference > 0) as is_better
    from adjusted

),

final as (

    select
        experiment,
        variant,
        control_variant,
        metric_name,
        is_primary,
        {%- for column in sums[:3] + ["value"] %}
        {{ column }},
        base_{{ column }} as control_{{ column }},
        {%- endfor %}
        difference,
        difference_low,
        difference_high,
        lift,
        lift_low,
        lift_high,
        fixed_p_value as p_value,
        anytime_difference_low,
        anytime_difference_high,
        anytime_lift_low,
        anytime_lift_high,
        anytime_p_value,
        tests_in_family,
        p_holm as anytime_p_holm,
        q_value as anytime_q_value,
        minimum_detectable_difference,
        minimum_detectable_difference / lift_base as minimum_detectable_lift,
        has_enough_sample,
        is_blocked,
        is_significant,
        is_important,
        {{ experiment_decision() }} as decision,
        {{ experiment_reason() }} as reason
    from judged

)

select * from final
