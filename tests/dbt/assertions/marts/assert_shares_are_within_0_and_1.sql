-- Rates whose numerator is a part of their denominator cannot leave 0 to 1.
select days.*
from {{ ref("metrics_daily") }} as days
inner join {{ ref("metric_definitions") }} as definitions
    on days.metric_name = definitions.metric_name
where
    definitions.unit = 'share'
    -- Any-order counts, and events over messages, can exceed what they are divided by.
    and definitions.is_nested
    and days.value not between 0 and 1
