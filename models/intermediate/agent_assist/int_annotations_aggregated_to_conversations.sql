{# Grain: one row per conversation with annotations and type, 'all' for any type. #}
{{ config(meta={"landed": "base_insights__conversations"}) }}

with annotations as (

    select
        conversation_id,
        sentence_position,
        annotation_type,
        coalesce(is_displayed, false) as is_displayed,
        coalesce(is_clicked, false) as is_clicked,
        -- The document counts any feedback that is not NULL, JSON null too.
        coalesce(
            annotation_type = 'CONVERSATION_SUMMARIZATION_SUGGESTION'
            and {{ json_get("feedback", "$.summarizationFeedback.summaryText") }} is not null,
            false
        ) as as_published_is_edited
    from {{ ref("stg_insights__annotations") }}
    where {{ of_touched_conversations("base_insights__conversations") }}

),

of_their_type as (

    -- What a sentence has of a type, once however often it has it.
    select
        conversation_id,
        sentence_position,
        annotation_type,
        count(*) as suggestions,
        max(case when is_displayed then 1 else 0 end) as is_displayed,
        max(case when is_displayed and is_clicked then 1 else 0 end) as is_clicked,
        max(case when is_clicked and not is_displayed then 1 else 0 end)
            as is_clicked_undisplayed,
        sum(case when as_published_is_edited then 1 else 0 end)
            as as_published_summaries_edited
    from annotations
    group by conversation_id, sentence_position, annotation_type

),

of_any_type as (

    select
        conversation_id,
        sentence_position,
        'all' as annotation_type,
        sum(suggestions) as suggestions,
        max(is_displayed) as is_displayed,
        max(is_clicked) as is_clicked,
        max(is_clicked_undisplayed) as is_clicked_undisplayed,
        sum(as_published_summaries_edited) as as_published_summaries_edited
    from of_their_type
    group by conversation_id, sentence_position

),

annotated_sentences as (

    -- An annotation that names no type is of any type.
    select * from of_their_type
    where annotation_type != 'all'

    union all

    select * from of_any_type

),

final as (

    select
        conversation_id,
        annotation_type,
        cast(sum(suggestions) as bigint) as suggestions,
        count(*) as annotated_sentences,
        cast(sum(is_displayed) as bigint) as displayed_sentences,
        cast(sum(is_clicked) as bigint) as clicked_sentences,
        cast(sum(is_clicked_undisplayed) as bigint) as clicked_undisplayed_sentences,
        cast(sum(as_published_summaries_edited) as bigint) as as_published_summaries_edited
    from annotated_sentences
    group by conversation_id, annotation_type

)

select * from final
