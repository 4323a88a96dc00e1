{# Grain: one row per conversation of any system, its single-valued segments beside. #}

with conversations as (

    select * from {{ ref("int_conversations_timed") }}
    where {{ of_touched_conversations() }}

),

segments as (

    select
        conversation_id,
        {%- for dimension in conversation_segments(
            without=["channel", "qualification_path"]
        ) %}
        max(case when dimension = '{{ dimension }}' then segment end) as {{ dimension }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref("int_segments_resolved") }}
    where {{ of_touched_conversations() }}
    group by conversation_id

),

events as (

    select * from {{ ref("int_events_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

event_roles as (

    select * from {{ ref("int_event_roles_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

messages as (

    select * from {{ ref("int_messages_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

insights as (

    select * from {{ ref("int_insights_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

final as (

    select
        conversations.conversation_id,
        coalesce(events.channel, insights.medium) as channel,
        lower(segments.direction) as direction,
        lower(segments.acquisition) as acquisition,
        segments.industry,
        segments.company_size,
        segments.role,
        segments.geography,
        coalesce(segments.language, insights.language) as language,
        segments.customer_tier,
        coalesce(
            {{ list_first("messages.intents_detected") }}, segments.intent, insights.issue
        ) as intent,
        segments.first_message_variant,
        event_roles.first_qualification_path as qualification_path
    from conversations
    left join segments on conversations.conversation_id = segments.conversation_id
    left join events on conversations.conversation_id = events.conversation_id
    left join event_roles on conversations.conversation_id = event_roles.conversation_id
    left join messages on conversations.conversation_id = messages.conversation_id
    left join insights on conversations.conversation_id = insights.conversation_id

)

select * from final
