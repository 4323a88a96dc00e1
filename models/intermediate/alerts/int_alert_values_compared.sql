{#
    Grain: one row per alert rule, segment and whole hour of the last
    var('alert_history_days'): the value of the window, what it is held against, and the
    standard error of both.
#}
{{ config(materialized="table") }}

with rules as (

    select * from {{ ref("int_alert_rules_checked") }}

),

-- Doubles from here on: the sums were exact.
windows as (

    select
        rule_id,
        segment,
        hour_number,
        active_until_hour,
        cast(weeks_known as double) as weeks_known,
        {%- for prefix in ["", "usual_", "spread_"] %}
        {%- for term in alert_terms() %}
        cast({{ prefix }}{{ term }} as double) as {{ prefix }}{{ term }},
        {%- endfor %}
        {%- endfor %}
        {%- for prefix in ["previous_", "weeks_"] %}
        {%- for term in ["numerator", "denominator", "sample_size", "sum_xx"] %}
        cast({{ prefix }}{{ term }} as double) as {{ prefix }}{{ term }},
        {%- endfor %}
        {%- endfor %}
        {{ ratio("spread_numerator", "spread_denominator") }} as spread_ratio,
        max(hour_number) over () - hour_number as hours_ago
    from {{ ref("int_alert_windows_summed") }}

),

measured as (

    select
        *,
        {{ ratio("numerator", "denominator") }} as value,
        {{ alert_ratio_error("") }} as value_error,
        {{ ratio("usual_numerator", "usual_denominator") }} as usual_value,
        {{ alert_ratio_error("usual_") }} as usual_error,
        {{ ratio("previous_numerator", "previous_denominator") }} as previous_value,
        {{ alert_ratio_error("previous_") }} as previous_error
    from windows
    where hours_ago < 24 * {{ var("alert_history_days") }}

),

-- The three kinds of value: age of the data, totals, ratios.
referred as (

    select
        rules.rule_id,
        rules.baseline,
        rules.direction,
        measured.segment,
        measured.hour_number,
        case
            when rules.is_freshness
                then cast(measured.hour_number - measured.active_until_hour as double)
            when rules.metric_kind = 'total' then measured.numerator
            else measured.value
        end as value,
        case
            when rules.is_freshness then cast(0 as double)
            when rules.metric_kind != 'total' then measured.value_error
            when measured.weeks_known > 0
                then sqrt(measured.weeks_sum_xx / measured.weeks_known)
            else sqrt(measured.sum_xx)
        end as value_error,
        case
            when rules.metric_kind != 'total' then measured.usual_value
            else {{ ratio("measured.weeks_numerator", "measured.weeks_known") }}
        end as usual_value,
        case
            when rules.condition in ('drops_below', 'exceeds') then rules.threshold
            when rules.metric_kind != 'total' and rules.condition = 'drops_vs_previous'
                then measured.previous_value
            when rules.metric_kind != 'total' then measured.usual_value
            when measured.weeks_known = 0 then null
            when rules.condition = 'drops_vs_previous' then measured.previous_numerator
            else measured.weeks_numerator / measured.weeks_known
        end as reference_value,
        case
            when rules.condition in ('drops_below', 'exceeds') then cast(0 as double)
            when rules.metric_kind != 'total' and rules.condition = 'drops_vs_previous'
                then measured.previous_error
            when rules.metric_kind != 'total' then measured.usual_error
            when rules.condition = 'drops_vs_previous' then sqrt(measured.previous_sum_xx)
            else {{ ratio("sqrt(measured.weeks_sum_xx)", "measured.weeks_known") }}
        end as reference_error,
        cast(measured.sample_size as bigint) as sample_size,
        -- A total that fell to nothing has no sample: what was expected decides.
        case
            when rules.is_freshness then null
            when rules.condition in ('drops_below', 'exceeds') then measured.sample_size
            when rules.metric_kind = 'total' and rules.condition = 'drops_vs_previous'
                then measured.previous_sample_size
            when rules.metric_kind = 'total'
                then {{ ratio("measured.weeks_sample_size", "measured.weeks_known") }}
            when rules.condition = 'drops_vs_previous'
                then least(measured.sample_size, measured.previous_sample_size)
            else least(measured.sample_size, measured.usual_sample_size)
        end as deciding_sample_size
    from measured
    inner join rules on measured.rule_id = rules.rule_id

),

-- Held to its baseline is only who usually meets it. Who does not is held to what is
-- usual: that it falls short is nothing new, and marts.target_attainment says it.
final as (

    select
        rule_id,
        segment,
        hour_number,
        value,
        value_error,
        usual_value,
        case
            when direction = 'down' then greatest(reference_value, baseline)
            when direction = 'up' then least(reference_value, baseline)
            else coalesce(baseline, reference_value)
        end as reference_value,
        reference_error,
        sample_size,
        deciding_sample_size
    from referred

)

select * from final
