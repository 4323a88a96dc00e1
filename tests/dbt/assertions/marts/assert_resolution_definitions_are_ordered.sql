-- durable <= autonomous <= contained <= deflected, of the same conversations.
with definitions as (

    select * from {{ ref("resolution_definitions") }}
    where definition != 'contained_without_callback'

),

with_wider as (

    select
        *,
        lag(comparable_count) over (
            partition by window_name order by definition_order
        ) as wider_comparable_count,
        lag(comparable_resolved_count) over (
            partition by window_name order by definition_order
        ) as wider_resolved_count
    from definitions

)

select *
from with_wider
where
    comparable_resolved_count > wider_resolved_count
    or comparable_count != wider_comparable_count

union all

select
    callback.*,
    contained.comparable_count as wider_comparable_count,
    contained.comparable_resolved_count as wider_resolved_count
from {{ ref("resolution_definitions") }} as callback
inner join definitions as contained
    on
        callback.window_name = contained.window_name
        and contained.definition = 'contained'
where
    callback.definition = 'contained_without_callback'
    and callback.comparable_resolved_count > contained.comparable_resolved_count
