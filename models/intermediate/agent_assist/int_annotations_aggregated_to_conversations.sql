{# Grain: one row per conversation with annotations and type, 'all' for any type. #}
{{ config(meta={"landed": "base_insights__conversations"}) }}

with annotations as (

    select
        conversation_id,
        sentence_position,
        annotation_type,
        coalesce(is_displayed, false) as is_displayed,
        coalesce(is_clicked, false) as is_clicked,
        latency_seconds,
        seconds_to_click,
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
        count(latency_seconds) as suggestions_timed,
        sum({{ exact_amount("latency_seconds") }}) as latency_seconds_sum,
        count(seconds_to_click) as clicks_timed,
        sum({{ exact_amount("seconds_to_click") }}) as click_seconds_sum,
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
        sum(suggestions_timed) as suggestions_timed,
        sum(latency_seconds_sum) as latency_seconds_sum,
        sum(clicks_timed) as clicks_timed,
        sum(click_seconds_sum) as click_seconds_sum,
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
        cast(sum(suggestions_timed) as bigint) as suggestions_timed,
        cast(sum(latency_seconds_sum) as double) as latency_seconds_sum,
        cast(sum(clicks_timed) as bigint) as clicks_timed,
        cast(sum(click_seconds_sum) as double) as click_seconds_sum,
        cast(sum(as_published_summaries_edited) as bigint) as as_published_summaries_edited
    from annotated_sentences
    group by conversation_id, annotation_type

)

select * from final
