{#
    Grain: one row per alert rule, segment and evaluated hour, with the outcome: true where
    the rule is broken, false where it is not, NULL where nobody can say.
#}
{{ config(materialized="table") }}

with rules as (

    select * from {{ ref("int_alert_rules_checked") }}

),

compared as (

    select * from {{ ref("int_alert_values_compared") }}

),

distanced as (

    select
        rules.rule_id,
        compared.segment,
        compared.hour_number,
        rules.is_freshness,
        rules.dimension,
        rules.no_data_policy,
        rules.pending_periods,
        rules.recovering_periods,
        rules.condition,
        rules.direction,
        compared.value,
        compared.usual_value,
        compared.reference_value,
        compared.sample_size,
        compared.deciding_sample_size >= rules.min_sample
        or rules.is_freshness as has_sample,
        case
            when rules.condition in ('drops_below', 'exceeds') then cast(0 as double)
            when rules.threshold_kind = 'absolute' then rules.threshold
            else rules.threshold * abs(compared.reference_value)
        end as allowed_distance,
        case
            when rules.standard_errors = 0 then cast(0 as double)
            else
                rules.standard_errors * sqrt(
                    compared.value_error * compared.value_error
                    + compared.reference_error * compared.reference_error
                )
        end as margin
    from compared
    inner join rules on compared.rule_id = rules.rule_id

),

-- A metric that should rise has no upper limit, one that should fall no lower one.
limited as (

    select
        *,
        case
            when
                condition in ('drops_below', 'drops_vs_previous')
                or (condition = 'deviates_from_baseline' and direction != 'down')
                then reference_value - allowed_distance
        end as lower_limit,
        case
            when
                condition in ('exceeds', 'spikes')
                or (condition = 'deviates_from_baseline' and direction != 'up')
                then reference_value + allowed_distance
        end as upper_limit
    from distanced

),

judged as (

    select
        *,
        case
            when has_sample and value + margin + reference_value is not null
                then
                    coalesce(value + margin < lower_limit, false)
                    or coalesce(value - margin > upper_limit, false)
        end as is_broken
    from limited

),

stale_hours as (

    select distinct hour_number
    from judged
    where is_freshness and dimension = 'all' and is_broken

),

final as (

    select
        judged.rule_id,
        judged.segment,
        judged.hour_number,
        judged.value,
        judged.usual_value,
        judged.reference_value,
        judged.lower_limit,
        judged.upper_limit,
        judged.margin,
        judged.sample_size,
        not judged.is_freshness and stale_hours.hour_number is not null as is_inhibited,
        case
            when not judged.is_freshness and stale_hours.hour_number is not null then null
            when judged.is_broken is not null then judged.is_broken
            when judged.no_data_policy = 'ok' then false
            when judged.no_data_policy = 'breach' then true
        end as outcome,
        judged.pending_periods,
        judged.recovering_periods
    from judged
    left join stale_hours on judged.hour_number = stale_hours.hour_number

)

select * from final
