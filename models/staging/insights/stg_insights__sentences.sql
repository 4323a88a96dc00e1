{# Grain: one row per sentence, by conversation and position. #}
{{ config(
    materialized="incremental",
    incremental_strategy="replace_conversations",
    meta={"landed": "base_insights__conversations"},
) }}

with conversations as (

    select * from {{ ref("base_insights__conversations") }}
    where {{ of_touched_conversations("base_insights__conversations") }}

),

final as (

    select
        conversations.conversation_id,
        sentence_position,
        sentence.participantId as participant_id,
        sentence.obfuscatedExternalUserId as external_user_id,
        sentence.participantRole as participant_role,
        sentence.sentence as sentence,
        sentence.languageCode as language,
        sentence.sentimentScore as sentiment,
        sentence.createTimeNanos as created_nanos,
        {{ list_first("sentence.dialogflowIntentMatchData") }}.displayName as dialogflow_intent,
        {{ list_first("sentence.intentMatchData") }}.displayName as matched_intent,
        {{ list_first("sentence.dialogflowIntentMatchData") }}.maxConfidence
            as dialogflow_intent_confidence,
        sentence.annotations as annotations,
        {{ nanos_to_timestamp("sentence.createTimeNanos") }} as created_at,
        {{ is_implausible(
            nanos_to_timestamp("sentence.createTimeNanos"),
            "conversations._landed_at",
        ) }} as is_time_implausible
    from conversations
    {{ unnest_with_position("conversations.sentences", "sentence", "sentence_position") }}
    -- An export may hold NULL elements; they keep their position and are no sentence.
    where sentence is not null

)

select * from final
