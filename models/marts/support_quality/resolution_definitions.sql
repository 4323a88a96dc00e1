{# Grain: one row per window and definition of resolved. #}
{{ config(materialized="table") }}

{%- set definitions = [
    "deflected", "contained", "contained_without_callback", "autonomous", "durable",
] %}

with resolutions as (

    select * from {{ ref("resolutions") }}

),

windows as (

    select * from {{ ref("windows") }}
    where period = 'current'

),

-- Old enough for every definition: only there the rates can be compared.
counted as (

    select
        windows.window_name,
        {%- for definition in definitions %}
        count(resolutions.is_{{ definition }}) as {{ definition }}_judged,
        count(case when resolutions.is_{{ definition }} then 1 end) as {{ definition }}_count,
        count(case when resolutions.is_durable is not null then resolutions.is_{{ definition }} end)
            as {{ definition }}_comparable,
        count(
            case
                when resolutions.is_durable is not null and resolutions.is_{{ definition }} then 1
            end
        ) as {{ definition }}_comparable_count,
        {%- endfor %}
        count(resolutions.conversation_id) as conversation_count
    from windows
    left join resolutions
        on
            windows.starts_on is null
            or resolutions.started_date between windows.starts_on and windows.ends_on
    group by windows.window_name

),

listed as (
    {% for definition in definitions %}
    select
        window_name,
        {{ loop.index }} as definition_order,
        '{{ definition }}' as definition,
        conversation_count,
        {{ definition }}_judged as judged_count,
        {{ definition }}_count as resolved_count,
        {{ definition }}_comparable as comparable_count,
        {{ definition }}_comparable_count as comparable_resolved_count
    from counted
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

final as (

    select
        window_name,
        definition_order,
        definition,
        conversation_count,
        judged_count,
        resolved_count,
        {{ ratio("resolved_count", "judged_count") }} as resolution_rate,
        comparable_count,
        comparable_resolved_count,
        {{ ratio("comparable_resolved_count", "comparable_count") }} as comparable_rate
    from listed

)

select * from final
