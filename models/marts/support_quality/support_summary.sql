{# Grain: one row per window. #}
{{ config(materialized="table") }}

{%- set recent_extra = var("recent_csat_weight") ~ " - 1" %}

with windows as (

    select * from {{ ref("windows") }}
    where period = 'current'

),

totals as (

    select * from {{ ref("support_by_segment") }}
    where dimension = 'all'

),

conversations as (

    select * from {{ ref("int_conversations_timed") }}

),

resolution_points as (

    select * from {{ ref("stg_support__metric_points") }}
    where metric_name = 'resolution_time' and is_valid

),

-- Percentiles come from the points themselves: those of the mean, one by one.
percentiles as (

    select
        windows.window_name,
        {{ percentile("resolution_points.metric_value", 0.5) }} as resolution_minutes_median,
        {{ percentile("resolution_points.metric_value", 0.95) }} as resolution_minutes_p95
    from resolution_points
    inner join conversations
        on resolution_points.conversation_id = conversations.conversation_id
    inner join windows
        on windows.starts_on is null
            or conversations.started_date between windows.starts_on and windows.ends_on
    group by windows.window_name

),

recent as (

    select * from totals
    where window_name = 'last_7_days'

),

joined as (

    select
        windows.window_name,
        windows.starts_on,
        windows.ends_on,
        coalesce(totals.conversation_count, 0) as conversation_count,
        {%- for metric in support_ratios() %}
        totals.{{ metric }}_numerator,
        totals.{{ metric }}_denominator,
        totals.{{ metric }},
        {%- endfor %}
        totals.total_cost,
        percentiles.resolution_minutes_median,
        percentiles.resolution_minutes_p95,
        -- The silent: conversations without a score.
        totals.csat_response_rate_denominator - totals.csat_response_rate_numerator
            as silent_count,
        -- Scores of the last 7 days count again, weight minus one times more.
        totals.csat_average_numerator
        + ({{ recent_extra }}) * coalesce(recent.csat_average_numerator, 0)
            as csat_recency_weighted_numerator,
        totals.csat_average_denominator
        + ({{ recent_extra }}) * coalesce(recent.csat_average_denominator, 0)
            as csat_recency_weighted_denominator
    from windows
    left join totals on windows.window_name = totals.window_name
    left join percentiles on windows.window_name = percentiles.window_name
    left join recent on true

),

-- Worst and best case: had every silent conversation given a 1, or a 5.
final as (

    select
        window_name,
        starts_on,
        ends_on,
        conversation_count,
        {%- for metric in support_ratios() %}
        {{ metric }}_numerator,
        {{ metric }}_denominator,
        {{ metric }},
        {%- endfor %}
        total_cost,
        resolution_minutes_median,
        resolution_minutes_p95,
        csat_recency_weighted_numerator,
        csat_recency_weighted_denominator,
        {{ ratio("csat_recency_weighted_numerator", "csat_recency_weighted_denominator") }}
            as csat_recency_weighted,
        {{ ratio(
            "csat_average_numerator + silent_count", "csat_average_denominator + silent_count"
        ) }} as csat_average_worst_case,
        {{ ratio(
            "csat_average_numerator + 5 * silent_count",
            "csat_average_denominator + silent_count",
        ) }} as csat_average_best_case,
        {{ ratio(
            "csat_detractor_rate_numerator + silent_count",
            "csat_detractor_rate_denominator + silent_count",
        ) }} as csat_detractor_rate_worst_case,
        {{ ratio(
            "csat_detractor_rate_numerator", "csat_detractor_rate_denominator + silent_count"
        ) }} as csat_detractor_rate_best_case
    from joined

)

select * from final
