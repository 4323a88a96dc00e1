{#
    Grain: one row per alert rule, segment and evaluated hour, with the state of the alert.

    It opens after `pending_periods` broken hours in a row and closes after
    `recovering_periods` good ones. Hours of which nobody can say anything (outcome NULL)
    hold it as it is: they neither count nor interrupt.
#}
{{ config(materialized="table") }}

with outcomes as (

    select * from {{ ref("int_alert_outcomes_judged") }}

),

-- Hours in a row with one outcome have the same difference of the two numbers.
in_a_row as (

    select
        *,
        row_number() over (
            partition by rule_id, segment, outcome is null order by hour_number
        ) - row_number() over (
            partition by rule_id, segment, outcome order by hour_number
        ) as streak
    from outcomes

),

counted as (

    select
        *,
        row_number() over (
            partition by rule_id, segment, outcome, streak order by hour_number
        ) as streak_length
    from in_a_row

),

-- The last hour that opened (odd) or closed (even) the alert.
switched as (

    select
        *,
        max(case
            when outcome and streak_length >= pending_periods then 2 * hour_number + 1
            when not outcome and streak_length >= recovering_periods then 2 * hour_number
        end) over (
            partition by rule_id, segment
            order by hour_number rows between unbounded preceding and current row
        ) as last_switch
    from counted

),

opened as (

    select
        *,
        coalesce(last_switch % 2 = 1, false) as is_open
    from switched

),

stated as (

    select
        *,
        case
            when outcome is null then 'no_data'
            when is_open and outcome then 'firing'
            when is_open then 'recovering'
            when outcome then 'pending'
            else 'ok'
        end as state,
        lag(is_open, 1, false) over (
            partition by rule_id, segment order by hour_number
        ) as was_open
    from opened

),

followed as (

    select
        *,
        lag(state, 1, 'ok') over (
            partition by rule_id, segment order by hour_number
        ) as previous_state
    from stated

),

final as (

    select
        rule_id,
        segment,
        hour_number,
        value,
        usual_value,
        reference_value,
        lower_limit,
        upper_limit,
        margin,
        sample_size,
        is_inhibited,
        outcome,
        state,
        previous_state,
        is_open,
        was_open,
        max(case when state != previous_state then hour_number end) over (
            partition by rule_id, segment
            order by hour_number rows between unbounded preceding and current row
        ) as state_since_hour,
        -- Of the open alert, or of the last one that was.
        max(case when is_open and not was_open then hour_number end) over (
            partition by rule_id, segment
            order by hour_number rows between unbounded preceding and current row
        ) as opened_hour
    from followed

)

select * from final
