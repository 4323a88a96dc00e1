{#
    Grain: one row per alert rule, segment and whole hour at which it is evaluated: sums of
    the window, of the days before it (usual_), of both (spread_), of the same hours one
    week before (previous_) and of one to four weeks before together (weeks_). A view: one
    model reads it.
#}
{{ config(materialized="view") }}

with rules as (

    select * from {{ ref("int_alert_rules_checked") }}

),

sums as (

    select * from {{ ref("int_alert_sums_accumulated") }}

),

evaluated as (

    select
        rules.*,
        sums.segment as evaluated_segment,
        sums.hour_number,
        sums.first_hour,
        sums.active_until_hour
    from rules
    inner join sums
        on
            rules.summed_metric_name = sums.metric_name
            and rules.dimension = sums.dimension
            and rules.segment in ('*', sums.segment)

),

-- Before the first hour of all there is nothing, so nothing is missing there.
windows as (

    select
        rules.rule_id,
        rules.evaluated_segment as segment,
        rules.hour_number,
        rules.hour_number - rules.first_hour - rules.lag_hours - rules.window_hours
            as hours_before,
        rules.active_until_hour,
        {%- for term in alert_terms() %}
        coalesce(ended.{{ term }}, 0) - coalesce(started.{{ term }}, 0) as {{ term }},
        coalesce(started.{{ term }}, 0) - coalesce(usual.{{ term }}, 0) as usual_{{ term }},
        coalesce(ended.{{ term }}, 0) - coalesce(usual.{{ term }}, 0) as spread_{{ term }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from evaluated as rules
    left join sums as ended
        on
            rules.summed_metric_name = ended.metric_name
            and rules.dimension = ended.dimension
            and rules.evaluated_segment = ended.segment
            and rules.hour_number - rules.lag_hours
            = ended.hour_number
    left join sums as started
        on
            rules.summed_metric_name = started.metric_name
            and rules.dimension = started.dimension
            and rules.evaluated_segment = started.segment
            and rules.hour_number - rules.lag_hours - rules.window_hours
            = started.hour_number
    left join sums as usual
        on
            rules.summed_metric_name = usual.metric_name
            and rules.dimension = usual.dimension
            and rules.evaluated_segment = usual.segment
            and rules.hour_number - rules.lag_hours - rules.window_hours
            = usual.hour_number + {{ 24 * alert_usual_days() }}

),

final as (

    select
        *,
        {%- for term in ["numerator", "denominator", "sample_size", "sum_xx"] %}
        lag({{ term }}, 168) over weekly as previous_{{ term }},
        {% for week in range(1, 5) -%}
        coalesce(lag({{ term }}, {{ 168 * week }}) over weekly, 0)
        {{- " + " if not loop.last }}
        {%- endfor %} as weeks_{{ term }},
        {%- endfor %}
        least(greatest(floor(hours_before / 168.0), 0), 4) as weeks_known
    from windows
    window weekly as (partition by rule_id, segment order by hour_number)

)

select * from final
