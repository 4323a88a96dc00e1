{#
    Grain: one row per metric, dimension and segment that a rule watches, and whole hour
    up to as-of: the sums of all hours before it. The sum of any window is a difference of
    two rows; decimals make it exact and free of order.
#}
{{ config(materialized="table") }}

with rules as (

    select distinct
        summed_metric_name as metric_name,
        dimension,
        segment
    from {{ ref("int_alert_rules_checked") }}

),

as_of as (

    select {{ hour_number(reporting_time("as_of")) }} as last_hour
    from {{ ref("as_of") }}

),

hours as (

    select
        listed.*,
        {{ hour_number("listed.metric_hour") }} as hour_number
    from {{ ref("int_metrics_listed_by_hour") }} as listed
    inner join as_of on {{ hour_number("listed.metric_hour") }} < as_of.last_hour

),

watched as (

    select * from rules
    where segment != '*'
    union
    select
        hours.metric_name,
        hours.dimension,
        hours.segment
    from hours
    inner join rules
        on
            hours.metric_name = rules.metric_name
            and hours.dimension = rules.dimension
            and rules.segment = '*'

),

span as (

    select
        as_of.last_hour,
        greatest(min(hours.hour_number), as_of.last_hour - {{ alert_summed_hours() }})
            as first_hour
    from as_of
    inner join hours on as_of.last_hour > hours.hour_number
    group by as_of.last_hour

),

grid as (

    select
        span.first_hour,
        hour_number
    from span
    {{ unnest_with_position(
        integer_sequence("span.first_hour", "span.last_hour"), "hour_number", "place"
    ) }}

),

-- The row of an hour adds what the hour before it brought.
filled as (

    select
        watched.metric_name,
        watched.dimension,
        watched.segment,
        grid.first_hour,
        grid.hour_number,
        case when hours.numerator > 0 then grid.hour_number end as active_until_hour,
        {%- for term in alert_terms() %}
        cast(coalesce(hours.{{ term }}, 0) as decimal(38, 9)) as {{ term }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from watched
    cross join grid
    left join hours
        on
            watched.metric_name = hours.metric_name
            and watched.dimension = hours.dimension
            and watched.segment = hours.segment
            and grid.hour_number = hours.hour_number + 1

),

final as (

    select
        metric_name,
        dimension,
        segment,
        first_hour,
        hour_number,
        max(active_until_hour) over (
            partition by metric_name, dimension, segment
            order by hour_number rows between unbounded preceding and current row
        ) as active_until_hour,
        {%- for term in alert_terms() %}
        cast(sum({{ term }}) over (
            partition by metric_name, dimension, segment
            order by hour_number rows between unbounded preceding and current row
        ) as decimal(38, 9)) as {{ term }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from filled

)

select * from final
