{# Grain: one row per conversation with summaries and annotation type, 'all' for any. #}
{{ config(meta={"landed": "base_insights__conversations"}) }}

with summaries as (

    select * from {{ ref("int_summaries_compared") }}
    where {{ of_touched_conversations("base_insights__conversations") }}

),

summaries_typed as (

    select
        conversation_id,
        sentence_position,
        annotation_position,
        annotation_type,
        is_edited,
        edit_distance,
        edit_rate,
        annotation_type = 'CONVERSATION_SUMMARIZATION_SUGGESTION' as is_legacy
    from summaries

    union all

    select
        conversation_id,
        sentence_position,
        annotation_position,
        'all' as annotation_type,
        is_edited,
        edit_distance,
        edit_rate,
        annotation_type = 'CONVERSATION_SUMMARIZATION_SUGGESTION' as is_legacy
    from summaries

),

final as (

    select
        conversation_id,
        annotation_type,
        count(*) as summaries,
        count(case when is_edited then 1 end) as summaries_edited,
        count(edit_distance) as summaries_compared,
        cast(sum(edit_distance) as bigint) as edit_distance_sum,
        {{ sum_in_order("edit_rate", "sentence_position, annotation_position") }}
            as edit_rate_sum,
        count(edit_rate) as edit_rate_count,
        count(case when is_legacy then 1 end) as as_published_summaries
    from summaries_typed
    group by conversation_id, annotation_type

)

select * from final
