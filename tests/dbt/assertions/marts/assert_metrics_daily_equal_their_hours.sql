-- A day is the sum of its hours, for every metric, dimension and segment.
with hours as (

    select
        cast(metric_hour as date) as metric_date,
        metric_name,
        dimension,
        segment,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(sample_size) as sample_size
    from {{ ref("metrics_hourly") }}
    group by cast(metric_hour as date), metric_name, dimension, segment

)

select
    days.*,
    hours.numerator as hours_numerator,
    hours.denominator as hours_denominator
from {{ ref("metrics_daily") }} as days
full join hours
    on
        days.metric_date is not distinct from hours.metric_date
        and days.metric_name = hours.metric_name
        and days.dimension = hours.dimension
        and days.segment = hours.segment
where
    days.sample_size is distinct from hours.sample_size
    or abs(days.numerator - hours.numerator) > 1e-9 * (1 + abs(days.numerator))
    or abs(days.denominator - hours.denominator) > 1e-9 * (1 + abs(days.denominator))
