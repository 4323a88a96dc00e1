{# Grain: one row per day, dimension and segment: its hours summed up. #}
{{ config(incremental_strategy="replace_dates") }}

with hours as (

    select * from {{ ref("int_metrics_aggregated_to_hours") }}
    where {{ of_touched_dates("metric_date") }}

),

final as (

    select
        metric_date,
        dimension,
        segment,
        {{ summed_term_columns(metrics()) }}
    from hours
    group by metric_date, dimension, segment

)

select * from final
