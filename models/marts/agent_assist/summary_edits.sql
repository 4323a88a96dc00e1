{# Grain: one row per suggested summary. #}
{{ config(meta={"landed": "base_insights__conversations"}) }}

with suggestions as (

    select * from {{ ref("suggestions") }}
    where
        {{ of_touched_conversations("base_insights__conversations") }}
        and summary_text is not null

),

compared as (

    select
        *,
        {{ edit_distance("summary_text", "feedback_summary_text") }} as edit_distance
    from suggestions

),

final as (

    select
        conversation_id,
        sentence_position,
        annotation_position,
        case annotation_type
            when 'GENERATOR_SUGGESTION_RESULT' then 'generator'
            else 'legacy'
        end as summary_kind,
        summary_text as suggested_summary,
        feedback_summary_text as edited_summary,
        -- Sending the same text back is no edit.
        coalesce(summary_text != feedback_summary_text, false) as is_edited,
        edit_distance,
        length(feedback_summary_text) as edited_length,
        {{ ratio("edit_distance", "length(feedback_summary_text)") }} as edit_rate,
        {{ ratio(
            "edit_distance", "greatest(length(summary_text), length(feedback_summary_text))"
        ) }} as normalized_edit_distance,
        suggested_at
    from compared

)

select * from final
