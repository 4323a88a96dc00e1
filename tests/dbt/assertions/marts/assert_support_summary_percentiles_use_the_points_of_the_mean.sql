-- Percentiles stand on the points that the mean stands on, one by one.
with points as (

    select count(*) as point_count
    from {{ ref("stg_support__metric_points") }} as points
    inner join {{ ref("conversations") }} as conversations
        on points.conversation_id = conversations.conversation_id
    where points.metric_name = 'resolution_time' and points.is_valid

)

select
    summary.resolution_minutes_denominator,
    points.point_count
from {{ ref("support_summary") }} as summary
cross join points
where
    summary.window_name = 'all'
    and coalesce(summary.resolution_minutes_denominator, 0) != points.point_count
