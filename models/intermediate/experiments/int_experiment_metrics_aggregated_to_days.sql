{#
    Grain: one row per day on which conversations started, experiment that exposed them and
    variant of their first exposure.
#}
{{ config(incremental_strategy="replace_dates") }}

with measured as (

    select * from {{ ref("int_conversations_measured") }}
    where {{ of_touched_dates("started_date") }}

),

exposures as (

    select * from {{ ref("int_exposures_aggregated_to_conversations") }}

),

terms as (

    select
        conversation_id,
        started_date as metric_date,
        {{ term_columns(metrics()) }}
    from measured

),

final as (

    select
        terms.metric_date,
        exposures.experiment,
        exposures.variant,
        {{ summed_term_columns(metrics()) }}
    from terms
    inner join exposures on terms.conversation_id = exposures.conversation_id
    group by terms.metric_date, exposures.experiment, exposures.variant

)

select * from final
