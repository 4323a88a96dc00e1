{# Grain: one row per metric and day ahead, from the unfinished day of as_of on. #}
{{ config(materialized="table") }}

with forecasts as (

    select * from {{ ref("int_metrics_forecasted") }}

),

final as (

    select
        metric_name,
        forecast_date,
        days_ahead,
        forecast,
        forecast_low,
        forecast_high,
        history_days,
        backtest_forecasts,
        backtest_coverage,
        backtest_mae,
        backtest_mae_seasonal_naive
    from forecasts

)

select * from final
