{# Grain: one row per conversation with an event that seed event_meanings knows. #}

with event_roles as (

    select * from {{ ref("stg_sales_bot__event_roles") }}
    where
        {{ of_touched_events() }}
        and role not in ('inbound_message', 'outbound_message', 'stage')

),

valued as (

    select
        *,
        nullif(trim({{ json_text("role_value") }}), '') as value_text,
        {{ json_number("role_value") }} as value_number
    from event_roles

),

-- Which value came first and which last: values only, so that an escalation without a
-- reason does not hide the reason of the next.
numbered as (

    select
        *,
        row_number() over (
            partition by conversation_id, role, value_text is null
            order by occurred_at nulls last, event_key
        ) as from_start,
        row_number() over (
            partition by conversation_id, role, value_text is null
            order by occurred_at desc nulls first, event_key desc
        ) as from_end
    from valued

),

objections as (

    select
        conversation_id,
        value_text as objection,
        min(from_start) as first_position
    from numbered
    where role = 'objection' and value_text is not null
    group by conversation_id, value_text

),

objection_lists as (

    select
        conversation_id,
        {{ collect_in_order("objection", "first_position") }} as objections_raised
    from objections
    group by conversation_id

),

aggregated as (

    select
        conversation_id,
        {%- for role in ["fallback", "error", "escalation", "takeover", "disqualification",
                         "resolution", "reopening", "end"] %}
        count(case when role = '{{ role }}' then 1 end) as {{ role }}_count,
        {%- endfor %}
        {%- for role in ["escalation", "qualification_path"] %}
        max(case when role = '{{ role }}' and from_start = 1 then value_text end)
            as first_{{ role }},
        {%- endfor %}
        {%- for role in ["end", "resolution", "closure"] %}
        max(case when role = '{{ role }}' and from_end = 1 then value_text end)
            as last_{{ role }},
        {%- endfor %}
        max(case when role = 'resolution' then occurred_at end) as last_resolution_at,
        max(case when role = 'qualification_score' and from_end = 1 then value_number end)
            as qualification_score,
        {%- for role in ["revenue", "cost"] %}
        {{ sum_in_order(
            "case when role = '" ~ role ~ "' then value_number end",
            "occurred_at nulls last, event_key",
        ) }} as {{ role }},
        {%- endfor %}
        count(case when role = 'survey' and value_number between 1 and 5 then 1 end)
            as survey_count,
        count(case when role = 'survey' and value_number between 1 and 2 then 1 end)
            as survey_detractor_count,
        {{ sum_in_order(
            "case when role = 'survey' and value_number between 1 and 5 then value_number end",
            "occurred_at nulls last, event_key",
        ) }}
            as survey_sum
    from numbered
    group by conversation_id

),

final as (

    select
        aggregated.*,
        objection_lists.objections_raised
    from aggregated
    left join objection_lists on aggregated.conversation_id = objection_lists.conversation_id

)

select * from final
