-- The funnel of all time counts the conversations that marts.conversations has in a stage.
with counted as (

    select
        'started' as stage,
        count(*) as conversations
    from {{ ref("conversations") }}
    where in_events
    {%- for stage in [
        "responded", "qualified", "booked", "attended", "opportunity", "converted",
    ] %}
    union all
    select
        '{{ stage }}' as stage,
        count(*) as conversations
    from {{ ref("conversations") }}
    where is_{{ stage }}
    {%- endfor %}

)

select
    counted.*,
    funnel.conversations as funnel_conversations
from counted
left join {{ ref("funnel_summary") }} as funnel
    on
        counted.stage = funnel.stage
        and funnel.window_name = 'all'
        and funnel.dimension = 'all'
where counted.conversations is distinct from funnel.conversations
