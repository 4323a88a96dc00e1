{# Grain: one row per Agent Assist annotation. #}
{{ config(meta={"landed": "base_insights__conversations"}) }}

with annotations as (

    select * from {{ ref("stg_insights__annotations") }}
    where {{ of_touched_conversations("base_insights__conversations") }}

),

sentences as (

    select * from {{ ref("stg_insights__sentences") }}
    where {{ of_touched_conversations("base_insights__conversations") }}

),

final as (

    select
        annotations.conversation_id,
        annotations.sentence_position,
        annotations.annotation_position,
        annotations.annotation_type,
        sentences.participant_role,
        annotations.is_displayed,
        annotations.is_clicked,
        annotations.correctness_level,
        annotations.has_record,
        {{ json_get_text("annotations.record", "$.reply") }} as reply_text,
        {{ summary_text("annotations.annotation_type", "annotations.record") }}
            as summary_text,
        coalesce(
            {{ json_get_text("annotations.record", "$.title") }},
            {{ json_get_text("annotations.record", "$.question") }}
        ) as article_title,
        {{ json_number(json_get("annotations.record", "$.confidence")) }} as confidence,
        {{ feedback_summary_text("annotations.feedback") }} as feedback_summary_text,
        annotations.is_record_unreadable,
        annotations.is_feedback_unreadable,
        sentences.created_at as sentence_created_at,
        annotations.created_at as suggested_at
    from annotations
    inner join sentences
        on
            annotations.conversation_id = sentences.conversation_id
            and annotations.sentence_position = sentences.sentence_position

)

select * from final
