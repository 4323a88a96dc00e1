-- The total has every conversation once; a segment never has more than the total.
select
    'all' as what,
    sum(denominator) as found,
    (select count(*) from {{ ref("conversations") }}) as expected
from {{ ref("metrics_daily") }}
where metric_name = 'conversations_started' and dimension = 'all'
having sum(denominator) is distinct from (select count(*) from {{ ref("conversations") }})
    and (select count(*) from {{ ref("conversations") }}) > 0

union all

select
    segments.segment as what,
    segments.denominator as found,
    totals.denominator as expected
from {{ ref("metrics_by_window") }} as segments
inner join {{ ref("metrics_by_window") }} as totals
    on
        segments.window_name = totals.window_name
        and segments.period = totals.period
        and segments.metric_name = totals.metric_name
        and totals.dimension = 'all'
where segments.denominator > totals.denominator + 1e-9
