{# Grain: one row per Agent Assist annotation. #}
{{ config(meta={"landed": "base_insights__conversations"}) }}

with annotations as (

    select * from {{ ref("stg_insights__annotations") }}
    where {{ of_touched_conversations("base_insights__conversations") }}

),

final as (

    select
        conversation_id,
        sentence_position,
        annotation_position,
        annotation_type,
        participant_role,
        is_displayed,
        is_clicked,
        correctness_level,
        has_record,
        {{ json_get_text("record", "$.reply") }} as reply_text,
        {{ summary_text("annotation_type", "record") }} as summary_text,
        coalesce(
            {{ json_get_text("record", "$.title") }},
            {{ json_get_text("record", "$.question") }}
        ) as article_title,
        {{ json_number(json_get("record", "$.confidence")) }} as confidence,
        {{ feedback_summary_text("feedback") }} as feedback_summary_text,
        is_record_unreadable,
        is_feedback_unreadable,
        sentence_created_at,
        created_at as suggested_at,
        displayed_at,
        clicked_at,
        latency_seconds,
        seconds_to_click
    from annotations

)

select * from final
