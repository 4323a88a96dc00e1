{#
    Grain: one row per experiment and variant, seen in exposures or expected by seed
    experiment_variants; which is control, how many units it should have and has.
#}
{{ config(materialized="table") }}

with assigned as (

    select * from {{ ref("int_experiment_units_assigned") }}

),

experiments as (

    select * from {{ ref("experiments") }}

),

expected as (

    select * from {{ ref("experiment_variants") }}

),

customers as (

    select
        experiment,
        customer_id,
        count(*) as conversation_count,
        count(distinct variant) as variant_count
    from assigned
    where customer_id is not null
    group by experiment, customer_id

),

repeat_customers as (

    select
        experiment,
        count(*) as repeat_customers,
        count(case when variant_count > 1 then 1 end) as repeat_customers_in_several_variants
    from customers
    where conversation_count > 1
    group by experiment

),

seen as (

    select
        experiment,
        variant,
        count(distinct unit_id) as unit_count,
        count(*) as conversation_count,
        count(distinct case when is_crossover then unit_id end) as crossover_count,
        min(first_exposed_at) as first_exposed_at,
        max(last_exposed_at) as last_exposed_at
    from assigned
    group by experiment, variant

),

listed as (

    select experiment from expected
    group by experiment

),

variants as (

    select
        coalesce(seen.experiment, expected.experiment) as experiment,
        coalesce(seen.variant, expected.variant) as variant,
        coalesce(seen.unit_count, 0) as unit_count,
        coalesce(seen.conversation_count, 0) as conversation_count,
        coalesce(seen.crossover_count, 0) as crossover_count,
        seen.first_exposed_at,
        seen.last_exposed_at,
        case when listed.experiment is null then 1e0 else expected.expected_share end as weight
    from seen
    full outer join expected
        on seen.experiment = expected.experiment and seen.variant = expected.variant
    left join listed on coalesce(seen.experiment, expected.experiment) = listed.experiment

),

final as (

    select
        variants.experiment,
        variants.variant,
        coalesce(experiments.assignment_unit, 'conversation') as assignment_unit,
        experiments.primary_metric,
        variants.variant = coalesce(
            experiments.control_variant,
            max(case when lower(variants.variant) = 'control' then variants.variant end) over (
                partition by variants.experiment
            ),
            min(variants.variant) over (partition by variants.experiment)
        ) as is_control,
        variants.unit_count,
        variants.conversation_count,
        variants.crossover_count,
        sum(variants.unit_count) over (partition by variants.experiment) as total_unit_count,
        -- NULL for a variant that nobody expected.
        {{ ratio(
            "variants.weight",
            "sum(variants.weight) over (partition by variants.experiment order by "
            ~ "variants.variant rows between unbounded preceding and unbounded following)",
        ) }} as expected_share,
        coalesce(repeat_customers.repeat_customers, 0) as repeat_customers,
        coalesce(repeat_customers.repeat_customers_in_several_variants, 0)
            as repeat_customers_in_several_variants,
        variants.first_exposed_at,
        variants.last_exposed_at
    from variants
    left join experiments on variants.experiment = experiments.experiment
    left join repeat_customers on variants.experiment = repeat_customers.experiment

)

select * from final
