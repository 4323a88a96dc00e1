-- The window `all` is the sum of the days, and has a row for every segment and stage.
{%- set counts = [
    "conversations", "conversations_in_order", "matured_conversations", "matured_entered",
    "matured_in_order",
] %}
with days as (

    select
        dimension,
        segment,
        stage,
        {%- for count in counts %}
        sum({{ count }}) as {{ count }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref("funnel_daily") }}
    group by dimension, segment, stage

)

select *
from days
left join {{ ref("funnel_summary") }} as summary
    on
        days.dimension = summary.dimension
        and days.segment = summary.segment
        and days.stage = summary.stage
        and summary.window_name = 'all'
where
    false
    {%- for count in counts %}
    or days.{{ count }} is distinct from summary.{{ count }}
    {%- endfor %}
