{# Grain: one row per state and the state that followed it. #}
{{ config(materialized="table") }}

with states as (

    select * from {{ ref("int_states_sequenced") }}

),

conversations as (

    select * from {{ ref("int_states_aggregated_to_conversations") }}

),

counted as (

    select
        states.state as from_state,
        states.next_state as to_state,
        count(*) as transitions,
        count(case when states.is_first_transition then 1 end) as conversations,
        count(case when states.is_first_transition and conversations.is_converted then 1 end)
            as converted_conversations
    from states
    inner join conversations on states.conversation_id = conversations.conversation_id
    group by states.state, states.next_state

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
