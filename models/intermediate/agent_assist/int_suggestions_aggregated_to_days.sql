{# Grain: one row per day, agent of the conversation and annotation type, 'all' for any. #}
{{ config(incremental_strategy="replace_dates") }}

with measured as (

    select
        conversation_id,
        started_date
    from {{ ref("int_conversations_measured") }}
    where {{ of_touched_dates("started_date") }} and assisted_conversations = 1

),

conversations as (

    select
        conversation_id,
        coalesce(agent_id, '(unknown)') as agent_id
    from {{ ref("conversations") }}

),

suggestions as (

    select * from {{ ref("int_suggestions_aggregated_to_conversations") }}

),

final as (

    select
        measured.started_date as metric_date,
        conversations.agent_id,
        suggestions.annotation_type,
        count(*) as conversation_count,
        count(case when suggestions.annotated_sentences > 0 then 1 end)
            as annotated_conversations,
        {{ agent_assist_sums(agent_assist_figures()) }}
    from measured
    inner join conversations on measured.conversation_id = conversations.conversation_id
    inner join suggestions on measured.conversation_id = suggestions.conversation_id
    group by measured.started_date, conversations.agent_id, suggestions.annotation_type

)

select * from final
