{# Grain: one row per refresh and step. #}
{{ config(materialized="view") }}

with runs as (

    select * from {{ source("operations", "refresh_runs") }}

),

final as (

    select
        run_id,
        step,
        status,
        rows_landed,
        rows_rejected,
        error,
        seconds,
        started_at,
        finished_at
    from runs

)

select * from final
