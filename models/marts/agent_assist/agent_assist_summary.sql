{# Grain: one row per reporting window, period, dimension, segment and annotation type. #}
{{ config(materialized="table") }}

{%- set keys = ["window_name", "period", "starts_on", "ends_on", "dimension", "segment"] %}

with windows as (

    select * from {{ ref("windows") }}

),

days as (

    select * from {{ ref("int_suggestions_aggregated_to_days") }}

),

summaries as (

    select * from {{ ref("int_summaries_segmented") }}

),

days_by_segment as (

    select
        *,
        'all' as dimension,
        'all' as segment
    from days

    union all

    select
        *,
        'agent' as dimension,
        agent_id as segment
    from days

),

totals as (

    select
        {{ keys | join(", ") }},
        annotation_type,
        {{ agent_assist_sums(
            ["conversation_count", "annotated_conversations"] + agent_assist_figures()
        ) }}
    from days_by_segment
    inner join windows
        on
            windows.starts_on is null
            or days_by_segment.metric_date between windows.starts_on and windows.ends_on
    group by {{ keys | join(", ") }}, annotation_type

),

completed as (
    {{ agent_assist_completed("totals", keys) }}

),

distances as (

    -- Quantiles come from the summaries themselves, never from quantiles of days.
    select
        windows.window_name,
        windows.period,
        summaries.dimension,
        summaries.segment,
        summaries.annotation_type,
        {{ percentile("summaries.edit_distance", 0.5) }} as edit_distance_median,
        {{ percentile("summaries.edit_distance", 0.95) }} as edit_distance_p95
    from summaries
    inner join windows
        on
            windows.starts_on is null
            or summaries.metric_date between windows.starts_on and windows.ends_on
    group by
        windows.window_name,
        windows.period,
        summaries.dimension,
        summaries.segment,
        summaries.annotation_type

),

final as (

    select
        completed.window_name,
        completed.period,
        completed.starts_on,
        completed.ends_on,
        completed.dimension,
        completed.segment,
        completed.annotation_type,
        {{ agent_assist_columns() }},
        distances.edit_distance_median,
        distances.edit_distance_p95
    from completed
    left join distances
        on
            completed.window_name = distances.window_name
            and completed.period = distances.period
            and completed.dimension = distances.dimension
            and completed.segment = distances.segment
            and completed.annotation_type = distances.annotation_type

)

select * from final
