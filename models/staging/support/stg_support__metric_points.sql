{# Grain: one row per distinct metric point, with what its value is good for. #}

with points as (

    select * from {{ ref("base_support__metric_points") }}

),

metric_names as (

    select * from {{ ref("support_metric_names") }}

),

opened as (

    select
        *,
        {{ json_record("dimension", {
            "resolved": "json",
            "reason": "text",
            "intent": "text",
        }) }} as dimension_record
    from points

),

final as (

    select
        opened.point_key,
        opened.conversation_id,
        opened.customer_id,
        opened.metric_name,
        opened.metric_value,
        opened.dimension,
        -- Only a real boolean says whether it was resolved.
        case
            when {{ json_kind("opened.dimension_record.resolved") }} = 'boolean'
                then {{ json_boolean("opened.dimension_record.resolved") }}
        end as is_resolved,
        nullif(opened.dimension_record.reason, '') as escalation_reason,
        nullif(trim(opened.dimension_record.intent), '') as intent,
        metric_names.metric_name is not null as is_known_metric,
        opened.metric_value is null as is_value_missing,
        coalesce(opened.metric_value < metric_names.min_value, false) as is_below_range,
        coalesce(opened.metric_value > metric_names.max_value, false) as is_above_range,
        opened.has_unreadable_dimension,
        opened.is_time_unknown,
        opened.is_time_implausible,
        -- The points that metrics may use.
        metric_names.metric_name is not null
        and opened.metric_value is not null
        and opened.metric_value >= coalesce(metric_names.min_value, opened.metric_value)
        and opened.metric_value <= coalesce(metric_names.max_value, opened.metric_value)
            as is_valid,
        opened.recorded_at
    from opened
    left join metric_names on opened.metric_name = metric_names.metric_name

)

select * from final
