{# Grain: one row per summary that an annotation suggests. #}
{{ config(meta={"landed": "base_insights__conversations"}) }}

with annotations as (

    select
        conversation_id,
        sentence_position,
        annotation_position,
        annotation_type,
        {{ summary_text("annotation_type", "record") }} as suggested_summary,
        {{ feedback_summary_text("feedback") }} as edited_summary,
        created_at as suggested_at
    from {{ ref("stg_insights__annotations") }}
    where
        {{ of_touched_conversations("base_insights__conversations") }}
        and annotation_type in (
            'CONVERSATION_SUMMARIZATION_SUGGESTION', 'GENERATOR_SUGGESTION_RESULT'
        )

),

compared as (

    select
        *,
        {{ edit_distance("suggested_summary", "edited_summary") }} as edit_distance
    from annotations
    where suggested_summary is not null

),

final as (

    select
        conversation_id,
        sentence_position,
        annotation_position,
        annotation_type,
        suggested_summary,
        edited_summary,
        -- Sending the same text back is no edit.
        coalesce(suggested_summary != edited_summary, false) as is_edited,
        edit_distance,
        cast(length(edited_summary) as bigint) as edited_length,
        {{ ratio("edit_distance", "length(edited_summary)") }} as edit_rate,
        suggested_at
    from compared

)

select * from final
