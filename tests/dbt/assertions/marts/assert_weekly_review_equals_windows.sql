-- This week and the week before are what marts.metrics_by_window says of them.
with windows as (

    select * from {{ ref("metrics_by_window") }}
    where window_name = 'last_7_days' and dimension = 'all'

)

select
    review.metric_name,
    review.this_week,
    current_window.value as this_window,
    review.last_week,
    previous_window.value as last_window
from {{ ref("weekly_review") }} as review
left join windows as current_window
    on review.metric_name = current_window.metric_name and current_window.period = 'current'
left join windows as previous_window
    on review.metric_name = previous_window.metric_name and previous_window.period = 'previous'
where
    review.this_week is distinct from current_window.value
    or review.last_week is distinct from previous_window.value
