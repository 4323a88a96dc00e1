{# Grain: one row per metric to be forecast and day that is over. #}
{{ config(materialized="view") }}

{#-
    Metric and the range in which it lies. Left out is what recent days do not know yet: a
    deal belongs to the day its conversation started and comes weeks later.
-#}
{%- set ranges = {
    "conversations_started": (0, "null"),
    "qualified_leads": (0, "null"),
    "meetings_booked": (0, "null"),
    "total_cost": (0, "null"),
    "response_rate": (0, 1),
    "qualification_rate": (0, 1),
    "escalation_rate": (0, 1),
    "fallback_rate": (0, "null"),
    "csat_average": (1, 5),
    "sentiment_average": (-1, 1),
} %}
{%- set forecast_metrics = metrics() | selectattr("name", "in", ranges) | list %}

with days as (

    select * from {{ ref("int_metrics_aggregated_to_days") }}
    where dimension = 'all' and metric_date is not null

),

as_of as (

    select * from {{ ref("as_of") }}

),

listed as (
    {{ metric_rows(forecast_metrics, "days", ["metric_date"]) }}
),

ranges as (
    {% for metric in forecast_metrics %}
    select
        '{{ metric.name }}' as metric_name,
        {{ metric.kind == "total" }} as is_total,
        cast({{ ranges[metric.name][0] }} as double) as lowest,
        cast({{ ranges[metric.name][1] }} as double) as highest
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

final as (

    select
        listed.metric_name,
        ranges.is_total,
        ranges.lowest,
        ranges.highest,
        cast({{ reporting_time("as_of.as_of") }} as date) as as_of_date,
        listed.metric_date,
        listed.value
    from listed
    inner join ranges on listed.metric_name = ranges.metric_name
    cross join as_of
    where listed.metric_date < cast({{ reporting_time("as_of.as_of") }} as date)

)

select * from final
