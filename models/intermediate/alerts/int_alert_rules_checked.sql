{# Grain: one row per alert rule. A bad rule ends the build with an error that names it. #}
{{ config(materialized="table") }}

{%- set conditions = alert_conditions() %}
{%- set severities = ["info", "warning", "medium", "high", "critical"] %}
{%- set policies = ["no_data", "ok", "breach"] %}

with rules as (

    select * from {{ ref("alert_rules") }}

),

metrics as (

    select * from {{ ref("metric_definitions") }}

),

dimensions as (

    select dimension from {{ ref("segment_dimensions") }}
    union
    select others.dimension
    from (values ('all'), ('annotation_type')) as others (dimension)

),

described as (

    select
        rules.*,
        rules.metric_name = 'hours_since_activity' as is_freshness,
        case
            when rules.metric_name = 'hours_since_activity' then 'conversations_started'
            else rules.metric_name
        end as summed_metric_name,
        metrics.metric_name is not null as is_known_metric,
        dimensions.dimension is not null as is_known_dimension,
        metrics.label as metric_label,
        metrics.kind as metric_kind,
        metrics.unit,
        metrics.better_direction as direction,
        case rules.window_name
            {%- for name, hours in alert_window_hours().items() %}
            when '{{ name }}' then {{ hours }}
            {%- endfor %}
        end as window_hours,
        case rules.severity
            {%- for severity in severities %}
            when '{{ severity }}' then {{ loop.index }}
            {%- endfor %}
        end as severity_rank,
        count(*) over (partition by rules.rule_id) as namesakes
    from rules
    left join metrics on rules.metric_name = metrics.metric_name
    left join dimensions on rules.dimension = dimensions.dimension

),

judged as (

    select
        *,
        case
            when namesakes > 1 then 'another rule has this rule_id'
            when not is_known_metric and not is_freshness
                then 'there is no metric ''' || coalesce(metric_name, '') || ''''
            when coalesce(condition, '') not in ('{{ conditions | join("', '") }}') -- noqa: LT05
                then
                    'condition ''' || coalesce(condition, '')
                    || ''' is none of {{ conditions | join(", ") }}'
            when window_hours is null
                then
                    'window_name ''' || coalesce(window_name, '')
                    || ''' is none of {{ alert_window_hours() | join(", ") }}'
            when not is_known_dimension
                then 'there is no segment dimension ''' || coalesce(dimension, '') || ''''
            when coalesce(segment, '') = '' then 'segment is empty; * stands for each'
            when (dimension = 'all') != (segment = 'all')
                then 'dimension all goes with segment all, and only with it'
            when severity_rank is null
                then
                    'severity ''' || coalesce(severity, '')
                    || ''' is none of {{ severities | join(", ") }}'
            when threshold is null then 'threshold is empty'
            when coalesce(threshold_kind, '') not in ('absolute', 'relative')
                then 'threshold_kind is neither absolute nor relative'
            when condition in ('drops_below', 'exceeds') and threshold_kind != 'absolute'
                then 'the threshold of ' || condition || ' is absolute'
            when baseline is not null and condition != 'deviates_from_baseline'
                then 'only deviates_from_baseline has a baseline'
            when is_freshness and condition != 'exceeds'
                then 'hours_since_activity goes with exceeds'
            when coalesce(no_data_policy, '') not in ('{{ policies | join("', '") }}') -- noqa: LT05
                then 'no_data_policy is none of {{ policies | join(", ") }}'
            when coalesce(min_sample, -1) < 0 or coalesce(standard_errors, -1) < 0
                then 'min_sample and standard_errors are 0 or more'
            when coalesce(least(pending_periods, recovering_periods), 0) < 1
                then 'pending_periods and recovering_periods are 1 or more'
            when coalesce(lag_hours, -1) not between 0 and {{ alert_max_lag_hours() }}
                then 'lag_hours is not within 0 and {{ alert_max_lag_hours() }}'
        end as problem
    from described

),

final as (

    select
        case
            when problem is not null
                then
                    {{ raise_error(
                        "'alert_rules.csv, rule ' || coalesce(rule_id, '(no rule_id)') "
                        ~ "|| ': ' || problem"
                    ) }}
            else rule_id
        end as rule_id,
        metric_name,
        coalesce(metric_label, 'Hours since the last activity') as metric_label,
        coalesce(metric_kind, 'ratio') as metric_kind,
        coalesce(direction, 'down') as direction,
        coalesce(unit, 'hours') as unit,
        summed_metric_name,
        is_freshness,
        dimension,
        segment,
        condition,
        threshold,
        threshold_kind,
        baseline,
        window_name,
        cast(window_hours as bigint) as window_hours,
        severity,
        severity_rank,
        min_sample,
        standard_errors,
        lag_hours,
        pending_periods,
        recovering_periods,
        no_data_policy
    from judged

)

select * from final
