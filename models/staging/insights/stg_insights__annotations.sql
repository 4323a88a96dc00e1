{# Grain: one row per annotation, by conversation, sentence and position. #}
{{ config(
    materialized="incremental",
    incremental_strategy="replace_conversations",
    meta={"landed": "base_insights__conversations"},
) }}

-- A JSON column holds JSON, a string that holds JSON, or such a string quoted again:
-- each of the three steps opens one layer of text.
with sentences as (

    select * from {{ ref("stg_insights__sentences") }}
    where {{ of_touched_conversations("base_insights__conversations") }}

),

annotations as (

    select
        sentences.conversation_id,
        sentences.sentence_position,
        annotation_position,
        sentences.participant_role,
        sentences.created_at as sentence_created_at,
        sentences.is_time_implausible as is_sentence_time_implausible,
        annotation.type as annotation_type,
        annotation.displayed as is_displayed,
        annotation.clicked as is_clicked,
        annotation.correctnessLevel as correctness_level,
        annotation.createTimeNanos as created_nanos,
        annotation.annotationRecord as given_record,
        annotation.detailedFeedback as given_feedback
    from sentences
    {{ unnest_with_position("sentences.annotations", "annotation", "annotation_position") }}
    where annotation is not null

),

unwrapped_once as (

    select
        *,
        {{ json_unwrap("given_record") }} as record_once,
        {{ json_unwrap("given_feedback") }} as feedback_once
    from annotations

),

unwrapped_twice as (

    select
        *,
        {{ json_unwrap("record_once") }} as record_twice,
        {{ json_unwrap("feedback_once") }} as feedback_twice
    from unwrapped_once

),

unwrapped as (

    select
        *,
        {{ json_unwrap("record_twice") }} as record,
        {{ json_unwrap("feedback_twice") }} as feedback
    from unwrapped_twice

),

typed as (

    select
        conversation_id,
        sentence_position,
        annotation_position,
        participant_role,
        annotation_type,
        is_displayed,
        is_clicked,
        correctness_level,
        record,
        feedback,
        given_record is not null as has_record,
        {{ is_unreadable_json("given_record", "record") }} as is_record_unreadable,
        {{ is_unreadable_json("given_feedback", "feedback") }} as is_feedback_unreadable,
        sentence_created_at,
        is_sentence_time_implausible,
        created_nanos,
        {{ nanos_to_timestamp("created_nanos") }} as created_at,
        {{ parse_timestamp(json_get("feedback", "$.displayTime")) }} as displayed_at,
        {{ parse_timestamp(json_get("feedback", "$.clickTime")) }} as clicked_at
    from unwrapped

),

final as (

    -- Nothing is shown before it is made: a negative time is that of a wrong clock.
    select
        *,
        case
            when created_at >= sentence_created_at and not is_sentence_time_implausible
                then {{ seconds_between("sentence_created_at", "created_at") }}
        end as latency_seconds,
        case
            when clicked_at >= coalesce(displayed_at, created_at)
                then {{ seconds_between("coalesce(displayed_at, created_at)", "clicked_at") }}
        end as seconds_to_click
    from typed

)

select * from final
