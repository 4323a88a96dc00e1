{#
    Grain: one row per experiment and conversation that it exposed, with the unit that was
    drawn by lot (the conversation, or its customer where seed experiments says so) and the
    variant of the unit's first exposure.
#}
{{ config(materialized="view") }}

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

-- Only a customer has conversations that differ in their variant.
numbered as (

    select
        *,
        row_number() over (
            partition by experiment, unit_id
            order by first_exposed_at nulls last, conversation_id
        ) as conversation_number
    from with_unit
    where assignment_unit = 'customer'

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
        with_unit.experiment,
        with_unit.conversation_id,
        with_unit.customer_id,
        with_unit.assignment_unit,
        with_unit.unit_id,
        coalesce(units.variant, with_unit.variant) as variant,
        coalesce(units.is_crossover, with_unit.variant_count > 1) as is_crossover,
        with_unit.exposure_count,
        with_unit.first_exposed_at,
        with_unit.last_exposed_at
    from with_unit
    left join units
        on with_unit.experiment = units.experiment and with_unit.unit_id = units.unit_id

)

select * from final
