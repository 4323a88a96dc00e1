{#
    Grain: one row per alert that fires at as-of, dimension and segment: the five segments
    that moved the metric most. A segment moves a ratio by what its numerator has too much
    or too little for its denominator, a total by its change since the week before.
#}
{{ config(materialized="table") }}

with flags as (

    select
        *,
        {{ hour_number("window_starts_at") }} - 168 as previous_start,
        {{ hour_number("window_ends_at") }} - 168 as previous_end,
        case
            when condition in ('drops_below', 'exceeds') then usual_value
            else reference_value
        end as expected_value
    from {{ ref("alert_flags") }}
    where is_firing and dimension = 'all' and metric_name != 'hours_since_activity'

),

definitions as (

    select * from {{ ref("metric_definitions") }}

),

-- Without an alert there is nothing to list.
looked_at as (

    select min({{ hour_at("previous_start") }}) as starts_at from flags

),

rolled_up as (

    select rolled_up.*
    from {{ ref("int_metrics_aggregated_to_hours") }} as rolled_up
    inner join looked_at on rolled_up.metric_hour >= looked_at.starts_at

),

annotation_types as (

    select completed.*
    from {{ ref("int_annotation_types_completed") }} as completed
    inner join looked_at on completed.metric_hour >= looked_at.starts_at

),

hours as (
    {{ all_metric_rows(
        "rolled_up", "annotation_types", ["metric_hour", "dimension", "segment"]
    ) }}
),

-- Decimals: exact and free of order.
measured as (

    select
        flags.rule_id,
        hours.dimension as driver_dimension,
        hours.segment as driver_segment,
        cast(coalesce(sum(case
            when hours.metric_hour >= flags.window_starts_at
                then cast(hours.numerator as decimal(38, 9))
        end), 0) as double) as numerator,
        cast(coalesce(sum(case
            when hours.metric_hour >= flags.window_starts_at
                then cast(hours.denominator as decimal(38, 9))
        end), 0) as double) as denominator,
        cast(coalesce(sum(case
            when hours.metric_hour < {{ hour_at("flags.previous_end") }}
                then cast(hours.numerator as decimal(38, 9))
        end), 0) as double) as previous_numerator
    from flags
    inner join hours
        on
            flags.metric_name = hours.metric_name
            and hours.metric_hour >= {{ hour_at("flags.previous_start") }}
            and flags.window_ends_at > hours.metric_hour
    group by flags.rule_id, hours.dimension, hours.segment

),

compared as (

    select
        measured.*,
        totals.numerator as total_numerator,
        totals.denominator as total_denominator,
        case
            when definitions.kind = 'total' then measured.numerator
            else {{ ratio("measured.numerator", "measured.denominator") }}
        end as value,
        case
            when definitions.kind = 'total'
                then measured.numerator - measured.previous_numerator
            else {{ ratio(
                "measured.numerator - flags.expected_value * measured.denominator",
                "totals.denominator",
            ) }}
        end as contribution
    from measured
    inner join measured as totals
        on measured.rule_id = totals.rule_id and totals.driver_dimension = 'all'
    inner join flags on measured.rule_id = flags.rule_id
    inner join definitions on flags.metric_name = definitions.metric_name

),

-- A segment that is all there is explains nothing.
ranked as (

    select
        *,
        cast(row_number() over (
            partition by rule_id
            order by abs(contribution) desc, driver_dimension, driver_segment asc
        ) as bigint) as driver_rank
    from compared
    where contribution != 0
        and (numerator != total_numerator or denominator != total_denominator)

),

final as (

    select
        rule_id,
        driver_rank,
        driver_dimension,
        driver_segment,
        numerator,
        denominator,
        value,
        contribution
    from ranked
    where driver_rank <= 5

)

select * from final
