{# Grain: one row per conversation and segment dimension that some feed gives. #}

with segment_properties as (

    select * from {{ ref("segment_properties") }}

),

start_events as (

    select * from {{ ref("stg_sales_bot__event_roles") }}
    where {{ of_touched_events() }} and role = 'start'

),

metric_points as (

    select * from {{ ref("stg_support__metric_points") }}
    where {{ of_touched_conversations() }}

),

labels as (

    select * from {{ ref("stg_insights__labels") }}
    where {{ of_touched_conversations() }}

),

unioned as (

    select
        start_events.conversation_id,
        segment_properties.dimension,
        segment_properties.priority,
        {{ json_text(json_property("start_events.properties", "segment_properties.property")) }}
            as segment,
        start_events.occurred_at as known_at
    from start_events
    cross join segment_properties
    where segment_properties.feed = 'events'

    union all

    select
        metric_points.conversation_id,
        segment_properties.dimension,
        segment_properties.priority,
        {{ json_text(json_property("metric_points.dimension", "segment_properties.property")) }}
            as segment,
        metric_points.recorded_at as known_at
    from metric_points
    cross join segment_properties
    where segment_properties.feed = 'support_metrics'

    union all

    select
        labels.conversation_id,
        segment_properties.dimension,
        segment_properties.priority,
        labels.label_value as segment,
        null as known_at
    from labels
    inner join segment_properties
        on
            labels.label_key = segment_properties.property
            and segment_properties.feed = 'conversations'

),

-- What is empty is ranked last and dropped then: a filter before would open the JSON twice.
ranked as (

    select
        conversation_id,
        dimension,
        nullif(trim(segment), '') as segment,
        row_number() over (
            partition by conversation_id, dimension
            order by
                nullif(trim(segment), '') is null, priority, known_at nulls last, segment
        ) as preference
    from unioned

),

final as (

    select
        conversation_id,
        dimension,
        segment
    from ranked
    where preference = 1 and segment is not null

)

select * from final
