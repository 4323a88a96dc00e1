-- The segments of a single-valued dimension sum to the total, day by day.
with segments as (

    select
        days.cohort_date,
        days.stage,
        days.dimension,
        sum(days.conversations) as conversations,
        sum(days.conversations_in_order) as conversations_in_order
    from {{ ref("funnel_daily") }} as days
    inner join {{ ref("segment_dimensions") }} as dimensions
        on days.dimension = dimensions.dimension and not dimensions.is_many_valued
    group by days.cohort_date, days.stage, days.dimension

),

totals as (

    select
        days.*,
        dimensions.dimension as cut
    from {{ ref("funnel_daily") }} as days
    cross join {{ ref("segment_dimensions") }} as dimensions
    where days.dimension = 'all' and not dimensions.is_many_valued

)

select
    totals.*,
    segments.conversations as segments_conversations,
    segments.conversations_in_order as segments_in_order
from totals
left join segments
    on
        totals.cohort_date is not distinct from segments.cohort_date
        and totals.stage = segments.stage
        and totals.cut = segments.dimension
where
    totals.conversations is distinct from segments.conversations
    or totals.conversations_in_order is distinct from segments.conversations_in_order
