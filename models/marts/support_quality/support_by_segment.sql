{# Grain: one row per window, dimension and segment with support points. #}
{{ config(materialized="table") }}

with metrics as (

    select * from {{ ref("metrics_by_window") }}
    where period = 'current'

),

final as (

    select
        window_name,
        dimension,
        segment,
        cast(max(case when metric_name = 'support_conversations' then numerator end) as bigint)
            as conversation_count,
        {%- for metric in support_ratios() %}
        max(case when metric_name = '{{ metric }}' then numerator end)
            as {{ metric }}_numerator,
        max(case when metric_name = '{{ metric }}' then denominator end)
            as {{ metric }}_denominator,
        max(case when metric_name = '{{ metric }}' then value end) as {{ metric }},
        {%- endfor %}
        max(case when metric_name = 'total_cost' then value end) as total_cost
    from metrics
    group by window_name, dimension, segment
    having max(case when metric_name = 'support_conversations' then numerator end) > 0

)

select * from final
