{#
    Grain: one row per experiment and conversation that it exposed, with the unit that was
    drawn by lot (the conversation, or its customer where seed experiments says so) and the
    variant of the unit's first exposure.
#}
{{ config(materialized="table") }}

with exposures as (

    select * from {{ ref("int_exposures_aggregated_to_conversations") }}

),

conversations as (

    select * from {{ ref("conversations") }}

),

experiments as (

    select * from {{ ref("experiments") }}

),

with_unit as (

    select
        exposures.*,
        conversations.customer_id,
        coalesce(experiments.assignment_unit, 'conversation') as assignment_unit,
        case
            when experiments.assignment_unit = 'customer'
                then coalesce(conversations.customer_id, exposures.conversation_id)
            else exposures.conversation_id
        end as unit_id
    from exposures
    inner join conversations on exposures.conversation_id = conversations.conversation_id
    left join experiments on exposures.experiment = experiments.experiment

),

numbered as (

    select
        *,
        row_number() over (
            partition by experiment, unit_id
            order by first_exposed_at nulls last, conversation_id
        ) as conversation_number
    from with_unit

),

units as (

    select
        experiment,
        unit_id,
        max(case when conversation_number = 1 then variant end) as variant,
        max(variant_count) > 1 or count(distinct variant) > 1 as is_crossover
    from numbered
    group by experiment, unit_id

),

final as (

    select
        numbered.experiment,
        numbered.conversation_id,
        numbered.customer_id,
        numbered.assignment_unit,
        numbered.unit_id,
        units.variant,
        units.is_crossover,
        numbered.exposure_count,
        numbered.first_exposed_at,
        numbered.last_exposed_at
    from numbered
    inner join units
        on numbered.experiment = units.experiment and numbered.unit_id = units.unit_id

)

select * from final
