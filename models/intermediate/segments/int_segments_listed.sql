{#
    Grain: one row per conversation, dimension and segment. Every conversation has one
    segment of each single-valued dimension ('(unknown)' where no feed says), so these sum
    to the total; it may have none or many of a many-valued one.
#}

{%- set columns = conversation_segments(without=["intent"]) %}

with conversations as (

    select * from {{ ref("conversations") }}
    where {{ of_touched_conversations() }}

),

segments_resolved as (

    select * from {{ ref("int_segments_resolved") }}
    where {{ of_touched_conversations() }}

),

metric_points as (

    select * from {{ ref("stg_support__metric_points") }}
    where {{ of_touched_conversations() }} and intent is not null

),

dimensions as (

    select * from {{ ref("segment_dimensions") }}

),

-- A dimension that only the seeds name.
other_dimensions as (

    select
        conversations.conversation_id,
        dimensions.dimension,
        segments_resolved.segment
    from conversations
    cross join dimensions
    left join segments_resolved
        on
            conversations.conversation_id = segments_resolved.conversation_id
            and dimensions.dimension = segments_resolved.dimension
    where
        not dimensions.is_many_valued
        and dimensions.dimension not in (
            {%- for column in columns %}
            '{{ column }}',
            {%- endfor %}
            'day_of_week', 'hour_of_day'
        )

),

single_valued as (
    {% for column in columns %}
    select
        conversation_id,
        '{{ column }}' as dimension,
        {{ column }} as segment
    from conversations
    union all
    {% endfor %}
    select
        conversation_id,
        'day_of_week' as dimension,
        cast(day_of_week as string) as segment
    from conversations
    union all
    select
        conversation_id,
        'hour_of_day' as dimension,
        lpad(cast(hour_of_day as string), 2, '0') as segment
    from conversations
    union all
    select * from other_dimensions

),

many_valued as (

    select
        conversations.conversation_id,
        'objection' as dimension,
        objection as segment
    from conversations
    {{ unnest_with_position("conversations.objections_raised", "objection", "place") }}
    union
    select
        conversations.conversation_id,
        'intent' as dimension,
        detected_intent as segment
    from conversations
    {{ unnest_with_position("conversations.intents_detected", "detected_intent", "place") }}
    union
    select
        conversation_id,
        'intent' as dimension,
        intent as segment
    from conversations
    union
    select
        conversation_id,
        'intent' as dimension,
        intent as segment
    from metric_points
    {%- for feed, system in [
        ("events", "sales_bot"), ("insights", "insights"), ("support_metrics", "support"),
    ] %}
    union
    select
        conversation_id,
        'source_system' as dimension,
        '{{ system }}' as segment
    from conversations
    where in_{{ feed }}
    {%- endfor %}

),

final as (

    select
        conversation_id,
        'all' as dimension,
        'all' as segment
    from conversations
    union all
    select
        conversation_id,
        dimension,
        coalesce(segment, '(unknown)') as segment
    from single_valued
    union all
    select * from many_valued
    where segment is not null

)

select * from final
