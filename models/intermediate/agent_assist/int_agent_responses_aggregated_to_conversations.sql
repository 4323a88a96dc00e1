{# Grain: one row per conversation with a sentence of a human agent. #}
{{ config(meta={"landed": "base_insights__conversations"}) }}

with agent_sentences as (

    select
        conversation_id,
        created_nanos,
        sentence
    from {{ ref("stg_insights__sentences") }}
    where
        {{ of_touched_conversations("base_insights__conversations") }}
        and participant_role = 'HUMAN_AGENT'

),

clicks as (

    select
        conversation_id,
        created_nanos
    from {{ ref("stg_insights__annotations") }}
    where
        {{ of_touched_conversations("base_insights__conversations") }}
        and annotation_type = 'SMART_REPLY'
        and is_clicked
        and has_record
        and created_nanos is not null

),

responses as (

    select
        conversation_id,
        count(sentence) as agent_responses
    from agent_sentences
    group by conversation_id

),

instants as (

    select
        conversation_id,
        created_nanos,
        1 as agent_sentences,
        case when sentence is not null then 1 else 0 end as responses,
        0 as clicks
    from agent_sentences
    where
        created_nanos is not null
        -- Most conversations have no click: nothing to match there.
        and conversation_id in (select clicks.conversation_id from clicks)

    union all

    select
        conversation_id,
        created_nanos,
        0 as agent_sentences,
        0 as responses,
        1 as clicks
    from clicks

),

moments as (

    select
        conversation_id,
        created_nanos,
        sum(agent_sentences) as agent_sentences,
        sum(responses) as responses,
        sum(clicks) as clicks
    from instants
    group by conversation_id, created_nanos

),

moments_matched as (

    -- A response is effective when the last click up to it is no older than the
    -- response before it.
    select
        conversation_id,
        agent_sentences,
        responses,
        max(case when agent_sentences > 0 then created_nanos end) over (
            partition by conversation_id
            order by created_nanos
            rows between unbounded preceding and 1 preceding
        ) as previous_response_nanos,
        max(case when clicks > 0 then created_nanos end) over (
            partition by conversation_id
            order by created_nanos
            rows between unbounded preceding and current row
        ) as last_click_nanos
    from moments

),

effective as (

    select
        conversation_id,
        sum(case
            when coalesce(last_click_nanos >= previous_response_nanos, true)
                then responses
        end) as effective_responses,
        -- As published the first response never counts, and one without a text may.
        sum(case
            when last_click_nanos >= previous_response_nanos then agent_sentences
        end) as as_published_effective_responses
    from moments_matched
    where last_click_nanos is not null
    group by conversation_id

),

final as (

    select
        responses.conversation_id,
        responses.agent_responses,
        cast(coalesce(effective.effective_responses, 0) as bigint) as effective_responses,
        cast(
            coalesce(effective.as_published_effective_responses, 0) as bigint
        ) as as_published_effective_responses
    from responses
    left join effective on responses.conversation_id = effective.conversation_id

)

select * from final
