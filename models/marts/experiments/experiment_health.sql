{# Grain: one row per experiment with exposures, and variant that was seen or expected. #}
{{ config(materialized="table") }}

with variants as (

    select * from {{ ref("int_experiment_variants_counted") }}
    where total_unit_count > 0

),

experiments as (

    select
        experiment,
        {{ sample_ratio_chi_square("unit_count", "expected_share", "total_unit_count") }}
            as chi_square,
        count(expected_share) - 1 as degrees_of_freedom,
        count(case when unit_count > 0 then 1 end) as seen_count,
        count(case when expected_share is null then 1 end) as unexpected_count,
        max(case when is_control then unit_count else 0 end) as control_count,
        min(first_exposed_at) as first_exposed_at,
        max(last_exposed_at) as last_exposed_at
    from variants
    group by experiment

),

checked as (

    select
        *,
        {{ chi_square_p("chi_square", "degrees_of_freedom") }} as sample_ratio_p_value
    from experiments

),

judged as (

    select
        *,
        case
            when seen_count < 2 then 'only one variant was seen'
            when unexpected_count > 0 then 'a variant was seen that the split does not have'
            when control_count = 0 then 'the control was never seen'
            when sample_ratio_p_value < 0.001
                then 'the split is not the one expected: the sample-ratio check fails'
        end as problem
    from checked

),

final as (

    select
        variants.experiment,
        variants.variant,
        variants.is_control,
        variants.assignment_unit,
        variants.primary_metric,
        cast(variants.unit_count as bigint) as unit_count,
        cast(variants.total_unit_count as bigint) as total_unit_count,
        {{ ratio("variants.unit_count", "variants.total_unit_count") }} as unit_share,
        variants.expected_share,
        cast(variants.conversation_count as bigint) as conversation_count,
        cast(variants.crossover_count as bigint) as crossover_count,
        {{ ratio("variants.crossover_count", "variants.unit_count") }} as crossover_rate,
        cast(variants.repeat_customers as bigint) as repeat_customers,
        cast(variants.repeat_customers_in_several_variants as bigint)
            as repeat_customers_in_several_variants,
        -- Of 30 customers who came back, chance puts some in two variants of any split.
        variants.assignment_unit = 'conversation'
        and variants.repeat_customers >= 30
        and variants.repeat_customers_in_several_variants = 0 as seems_assigned_by_customer,
        judged.first_exposed_at,
        judged.last_exposed_at,
        judged.chi_square as sample_ratio_chi_square,
        judged.sample_ratio_p_value,
        coalesce(judged.sample_ratio_p_value < 0.001, false) as is_sample_ratio_broken,
        judged.problem is not null as is_blocked,
        judged.problem
    from variants
    inner join judged on variants.experiment = judged.experiment

)

select * from final
