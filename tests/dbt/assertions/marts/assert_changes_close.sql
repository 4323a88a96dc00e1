-- The segments of a dimension add up to the change of the metric, and their mix and rate
-- effects do: to 1e-9 of the size of the numbers that are added.

with summed as (

    select
        comparison_name,
        metric_name,
        dimension,
        max(metric_change) as metric_change,
        sum(contribution) as contributions,
        sum(mix_effect + rate_effect) as effects,
        sum(abs(mix_effect) + abs(rate_effect)) as size
    from {{ ref("metric_changes") }}
    group by comparison_name, metric_name, dimension

)

select * from summed
where
    not coalesce(abs(contributions - metric_change) <= 1e-9 * greatest(1, size), false)
    or not coalesce(abs(effects - metric_change) <= 1e-9 * greatest(1, size), false)
