-- The segments of a single-valued dimension sum to the total, day by day.
with segments as (

    select
        days.metric_date,
        days.metric_name,
        days.dimension,
        sum(days.numerator) as numerator,
        sum(days.denominator) as denominator,
        sum(days.sample_size) as sample_size
    from {{ ref("metrics_daily") }} as days
    inner join {{ ref("segment_dimensions") }} as dimensions
        on days.dimension = dimensions.dimension and not dimensions.is_many_valued
    group by days.metric_date, days.metric_name, days.dimension

),

totals as (

    select
        days.*,
        dimensions.dimension as cut
    from {{ ref("metrics_daily") }} as days
    cross join {{ ref("segment_dimensions") }} as dimensions
    where days.dimension = 'all' and not dimensions.is_many_valued

)

select
    totals.*,
    segments.numerator as segments_numerator,
    segments.denominator as segments_denominator
from totals
left join segments
    on
        totals.metric_date is not distinct from segments.metric_date
        and totals.metric_name = segments.metric_name
        and totals.cut = segments.dimension
where
    totals.sample_size is distinct from segments.sample_size
    or abs(totals.numerator - segments.numerator) > 1e-9 * (1 + abs(totals.numerator))
    or abs(totals.denominator - segments.denominator) > 1e-9 * (1 + abs(totals.denominator))
