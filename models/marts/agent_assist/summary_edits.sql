{# Grain: one row per suggested summary. #}
{{ config(meta={"landed": "base_insights__conversations"}) }}

with summaries as (

    select * from {{ ref("int_summaries_compared") }}
    where {{ of_touched_conversations("base_insights__conversations") }}

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
        suggested_summary,
        edited_summary,
        is_edited,
        edit_distance,
        edited_length,
        edit_rate,
        {{ ratio(
            "edit_distance", "greatest(length(suggested_summary), edited_length)"
        ) }} as normalized_edit_distance,
        suggested_at
    from summaries

)

select * from final
