{# Grain: one row per window and scenario of seed cost_assumptions. #}
{{ config(materialized="table") }}

with windows as (

    select * from {{ ref("windows") }}
    where period = 'current'

),

assumptions as (

    select * from {{ ref("cost_assumptions") }}

),

metrics as (

    select * from {{ ref("metrics_by_window") }}
    where period = 'current' and dimension = 'all' and metric_name = 'cost_per_resolution'

),

-- Support conversations of which it is known whether a person had to help.
handled as (

    select
        conversations.conversation_id,
        conversations.started_date,
        conversations.cost,
        conversations.csat_sum,
        conversations.csat_count,
        resolutions.is_deflected,
        resolutions.is_contained
    from {{ ref("conversations") }} as conversations
    inner join {{ ref("resolutions") }} as resolutions
        on conversations.conversation_id = resolutions.conversation_id
    where conversations.in_support_metrics

),

counted as (

    select
        windows.window_name,
        count(handled.conversation_id) as conversation_count,
        count(case when handled.is_contained then 1 end) as without_people_count,
        count(handled.cost) as costed_count,
        count(case when handled.is_contained then handled.cost end)
            as costed_without_people_count,
        {%- for kind, condition in [
            ("without_people", "handled.is_deflected"), ("with_people", "not handled.is_deflected"),
        ] %}
        cast(
            sum({{ exact_amount("case when " ~ condition ~ " then handled.csat_sum end") }})
            as double
        ) as csat_{{ kind }}_sum,
        cast(coalesce(sum(case when {{ condition }} then handled.csat_count end), 0) as bigint)
            as csat_{{ kind }}_count,
        {%- endfor %}
        cast(sum({{ exact_amount("handled.cost") }}) as double) as cost
    from windows
    left join handled
        on windows.starts_on is null
            or handled.started_date between windows.starts_on and windows.ends_on
    group by windows.window_name

),

valued as (

    -- What the bot spent on a conversation that a person finished is lost, not saved.
    select
        counted.*,
        assumptions.scenario,
        assumptions.human_cost_per_conversation,
        assumptions.human_minutes_per_conversation,
        counted.without_people_count * assumptions.human_minutes_per_conversation / 60
            as human_hours_freed,
        case
            when counted.costed_count > 0
                then counted.costed_without_people_count
                    * assumptions.human_cost_per_conversation
        end as human_cost_avoided,
        {{ ratio("counted.csat_without_people_sum", "counted.csat_without_people_count") }}
            as csat_without_people,
        {{ ratio("counted.csat_with_people_sum", "counted.csat_with_people_count") }}
            as csat_with_people
    from counted
    cross join assumptions

),

final as (

    select
        valued.window_name,
        valued.scenario,
        valued.human_cost_per_conversation,
        valued.human_minutes_per_conversation,
        valued.conversation_count,
        valued.without_people_count,
        {{ ratio("valued.without_people_count", "valued.conversation_count") }}
            as without_people_rate,
        valued.human_hours_freed,
        valued.costed_count,
        valued.costed_without_people_count,
        valued.cost,
        valued.human_cost_avoided,
        valued.human_cost_avoided - valued.cost as savings,
        {{ ratio("valued.human_cost_avoided - valued.cost", "valued.costed_count") }}
            as savings_per_conversation,
        metrics.numerator as cost_per_resolution_numerator,
        metrics.denominator as cost_per_resolution_denominator,
        metrics.value as cost_per_resolution,
        valued.csat_without_people_sum,
        valued.csat_without_people_count,
        valued.csat_without_people,
        valued.csat_with_people_sum,
        valued.csat_with_people_count,
        valued.csat_with_people,
        valued.csat_without_people - valued.csat_with_people as csat_difference
    from valued
    left join metrics on valued.window_name = metrics.window_name

)

select * from final
