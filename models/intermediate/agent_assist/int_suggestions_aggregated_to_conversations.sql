{# Grain: one row per insights conversation and annotation type, 'all' for any type. #}
{{ config(meta={"landed": "base_insights__conversations"}) }}

-- A conversation has a row for 'all', for each type it holds, and for smart replies
-- wherever an agent speaks: a response without a suggestion is a response.
with conversations as (

    select * from {{ ref("base_insights__conversations") }}
    where {{ of_touched_conversations("base_insights__conversations") }}

),

sentences as (

    select
        conversation_id,
        count(*) as sentence_count
    from {{ ref("stg_insights__sentences") }}
    where {{ of_touched_conversations("base_insights__conversations") }}
    group by conversation_id

),

annotations as (

    select * from {{ ref("int_annotations_aggregated_to_conversations") }}
    where {{ of_touched_conversations("base_insights__conversations") }}

),

responses as (

    select * from {{ ref("int_agent_responses_aggregated_to_conversations") }}
    where {{ of_touched_conversations("base_insights__conversations") }}

),

smart_replies as (

    select
        conversation_id,
        count(*) as smart_replies,
        count(case when reply_use != 'unused' then 1 end) as smart_replies_followed,
        count(case when reply_use = 'verbatim' then 1 end) as smart_replies_verbatim,
        count(case when reply_use = 'edited' then 1 end) as smart_replies_edited,
        count(case when reply_use = 'unused' then 1 end) as smart_replies_unused,
        count(case when as_published_is_contained then 1 end)
            as as_published_smart_replies_contained,
        count(case when as_published_fails then 1 end) as as_published_smart_replies_failing
    from {{ ref("int_smart_replies_matched") }}
    where {{ of_touched_conversations("base_insights__conversations") }}
    group by conversation_id

),

summaries as (

    select * from {{ ref("int_summaries_aggregated_to_conversations") }}
    where {{ of_touched_conversations("base_insights__conversations") }}

),

types as (

    select
        conversation_id,
        'all' as annotation_type
    from conversations

    union

    select
        conversation_id,
        annotation_type
    from annotations

    union

    select
        conversation_id,
        'SMART_REPLY' as annotation_type
    from responses

),

final as (

    select
        types.conversation_id,
        types.annotation_type,
        {%- for figure in agent_assist_figures() %}
        coalesce({{ figure }}, 0) as {{ figure }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from types
    left join sentences on types.conversation_id = sentences.conversation_id
    left join annotations
        on
            types.conversation_id = annotations.conversation_id
            and types.annotation_type = annotations.annotation_type
    left join responses
        on
            types.conversation_id = responses.conversation_id
            and types.annotation_type in ('all', 'SMART_REPLY')
    left join smart_replies
        on
            types.conversation_id = smart_replies.conversation_id
            and types.annotation_type in ('all', 'SMART_REPLY')
    left join summaries
        on
            types.conversation_id = summaries.conversation_id
            and types.annotation_type = summaries.annotation_type

)

select * from final
