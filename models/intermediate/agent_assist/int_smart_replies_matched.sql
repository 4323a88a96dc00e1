{# Grain: one row per clicked smart reply that carries a text. #}
{{ config(meta={"landed": "base_insights__conversations"}) }}

with replies as (

    select
        conversation_id,
        sentence_position,
        annotation_position,
        {{ json_get_text("record", "$.reply") }} as reply_text
    from {{ ref("stg_insights__annotations") }}
    where
        {{ of_touched_conversations("base_insights__conversations") }}
        and annotation_type = 'SMART_REPLY'
        and is_clicked

),

sentences as (

    select
        conversation_id,
        sentence_position,
        participant_role,
        sentence,
        created_nanos
    from {{ ref("stg_insights__sentences") }}
    where
        {{ of_touched_conversations("base_insights__conversations") }}
        and conversation_id in (select replies.conversation_id from replies)

),

sentences_ranked as (

    -- Of agent sentences with equal times the first by position is the message.
    select
        *,
        coalesce(participant_role = 'HUMAN_AGENT', false) as is_agent,
        count(*) over (
            partition by conversation_id, created_nanos
        ) as sentences_at_that_time,
        row_number() over (
            partition by conversation_id, created_nanos
            order by
                case when participant_role = 'HUMAN_AGENT' then 0 else 1 end,
                sentence_position
        ) as rank_at_that_time
    from sentences
    where created_nanos is not null

),

moments as (

    select
        *,
        -- Strictly later: a message at the time of the suggestion does not follow it.
        min(case when is_agent then created_nanos end) over (
            partition by conversation_id
            order by created_nanos
            rows between 1 following and unbounded following
        ) as next_agent_nanos
    from sentences_ranked
    where rank_at_that_time = 1

),

replies_followed as (

    select
        replies.*,
        agent_messages.sentence_position as agent_sentence_position,
        agent_messages.sentence as agent_message,
        agent_messages.sentences_at_that_time
    from replies
    inner join sentences
        on
            replies.conversation_id = sentences.conversation_id
            and replies.sentence_position = sentences.sentence_position
    left join moments
        on
            sentences.conversation_id = moments.conversation_id
            and sentences.created_nanos = moments.created_nanos
    left join moments as agent_messages
        on
            moments.conversation_id = agent_messages.conversation_id
            and moments.next_agent_nanos = agent_messages.created_nanos
    where replies.reply_text is not null

),

replies_judged as (

    select
        *,
        case
            when agent_message is null then 'unused'
            when contains(agent_message, reply_text) then 'verbatim'
            else 'edited'
        end as reply_use,
        -- The document takes the reply as a pattern.
        {{ pattern_matches("agent_message", "reply_text") }} as as_published_is_contained
    from replies_followed

),

final as (

    select
        conversation_id,
        sentence_position,
        annotation_position,
        reply_text,
        agent_sentence_position,
        agent_message,
        reply_use,
        as_published_is_contained,
        -- Its query fails as a whole where that is none, and where two sentences share
        -- the time of the message.
        agent_message is not null
        and (sentences_at_that_time > 1 or as_published_is_contained is null)
            as as_published_fails
    from replies_judged

)

select * from final
