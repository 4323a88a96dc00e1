{# Grain: one row per state and the state that followed it. #}
{{ config(materialized="table") }}

with states as (

    select * from {{ ref("int_states_sequenced") }}

),

conversations as (

    select * from {{ ref("int_states_aggregated_to_conversations") }}

),

followed as (

    select
        conversation_id,
        state as from_state,
        lead(state) over (partition by conversation_id order by step) as to_state
    from states

),

by_conversation as (

    select
        conversation_id,
        from_state,
        to_state,
        count(*) as transitions
    from followed
    group by conversation_id, from_state, to_state

),

counted as (

    select
        by_conversation.from_state,
        by_conversation.to_state,
        cast(sum(by_conversation.transitions) as bigint) as transitions,
        count(*) as conversations,
        count(case when conversations.is_converted then 1 end) as converted_conversations
    from by_conversation
    inner join conversations
        on by_conversation.conversation_id = conversations.conversation_id
    group by by_conversation.from_state, by_conversation.to_state

),

totalled as (

    select
        *,
        cast(sum(transitions) over (partition by from_state) as bigint)
            as transitions_from_state
    from counted

),

final as (

    select
        from_state,
        coalesce(to_state, '(nothing yet)') as to_state,
        transitions,
        transitions_from_state,
        {{ ratio("transitions", "transitions_from_state") }} as transition_share,
        conversations,
        converted_conversations,
        {{ ratio("converted_conversations", "conversations") }} as conversion_rate,
        {{ wilson_low("converted_conversations", "conversations") }} as conversion_rate_low,
        {{ wilson_high("converted_conversations", "conversations") }}
            as conversion_rate_high,
        conversations >= {{ var("minimum_sample") }} as is_sample_sufficient
    from totalled

)

select * from final
