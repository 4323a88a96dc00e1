{# Grain: one row per conversation with a state: its path and how it ended. #}

with states as (

    select * from {{ ref("int_states_sequenced") }}
    where {{ of_touched_conversations() }}

),

outcomes as (

    select * from {{ ref("int_conversations_resolved") }}
    where {{ of_touched_conversations() }}

),

counted as (

    select
        *,
        count(*) over (partition by conversation_id) as state_count
    from states

),

aggregated as (

    select
        conversation_id,
        {{ join_in_order(
            "case when step <= " ~ var("path_steps") ~ " then state end", " > ", "step"
        ) }}
        || case when max(state_count) > {{ var("path_steps") }} then ' > ...' else '' end
            as path,
        max(state_count) as state_count,
        max(case when step = state_count then state end) as last_state
    from counted
    group by conversation_id

),

final as (

    select
        aggregated.conversation_id,
        aggregated.path,
        aggregated.state_count,
        aggregated.last_state,
        outcomes.outcome,
        outcomes.is_support,
        outcomes.is_converted,
        outcomes.outcome in ('dropped', 'disqualified') as is_failed
    from aggregated
    inner join outcomes on aggregated.conversation_id = outcomes.conversation_id

)

select * from final
