{#
    Grain: one row per conversation and experiment that exposed it. The first exposure says
    the variant.
#}

with event_roles as (

    select * from {{ ref("stg_sales_bot__event_roles") }}
    where
        {{ of_touched_events() }}
        and role in ('experiment_exposure', 'experiment_variant')

),

exposures as (

    select
        conversation_id,
        event_key,
        min(case when not is_time_implausible then occurred_at end) as exposed_at,
        max(case when role = 'experiment_exposure' then {{ json_text("role_value") }} end)
            as experiment,
        max(case when role = 'experiment_variant' then {{ json_text("role_value") }} end)
            as variant
    from event_roles
    group by conversation_id, event_key

),

numbered as (

    select
        *,
        row_number() over (
            partition by conversation_id, experiment
            order by exposed_at nulls last, variant, event_key
        ) as exposure_number
    from exposures
    where nullif(trim(experiment), '') is not null and nullif(trim(variant), '') is not null

),

final as (

    select
        conversation_id,
        experiment,
        max(case when exposure_number = 1 then variant end) as variant,
        min(exposed_at) as first_exposed_at,
        max(exposed_at) as last_exposed_at,
        count(*) as exposure_count,
        count(distinct variant) as variant_count
    from numbered
    group by conversation_id, experiment

)

select * from final
