{# Grain: one row per conversation that was reopened after it was resolved. #}

with event_roles as (

    select * from {{ ref("stg_sales_bot__event_roles") }}
    where {{ of_touched_events() }} and role in ('resolution', 'reopening')

),

-- The resolution that a reopening undoes is the newest one before it.
with_resolution as (

    select
        *,
        max(case when role = 'resolution' then occurred_at end) over (
            partition by conversation_id
            order by occurred_at asc nulls last, role desc, event_key asc
            rows between unbounded preceding and 1 preceding
        ) as resolved_at
    from event_roles

),

final as (

    select
        conversation_id,
        count(*) as reopening_count,
        count(occurred_at) < count(*) as has_unknown_time,
        min({{ seconds_between("resolved_at", "occurred_at") }}) as seconds_to_reopening
    from with_resolution
    where role = 'reopening'
    group by conversation_id

)

select * from final
