{# Grain: one row per conversation of the insights export. #}

with conversations as (

    select * from {{ ref("base_insights__conversations") }}
    where {{ of_touched_conversations() }}

),

end_users as (

    select
        conversation_id,
        external_user_id,
        row_number() over (
            partition by conversation_id order by sentence_position
        ) as user_number
    from {{ ref("stg_insights__sentences") }}
    where
        {{ of_touched_conversations() }}
        and participant_role = 'END_USER'
        and nullif(external_user_id, '') is not null

),

final as (

    select
        conversations.conversation_id,
        end_users.external_user_id as customer_id,
        coalesce(
            {{ list_first("conversations.agents") }}.agentId, conversations.agent_id
        ) as agent_id,
        nullif({{ list_first("conversations.issues") }}.name, '') as issue,
        nullif(conversations.language, '') as language,
        nullif(lower(conversations.medium), '') as medium,
        coalesce(
            {{ parse_timestamp("conversations.start_timestamp") }},
            {{ micros_to_timestamp("cast(conversations.start_seconds as double) * 1000000") }}
        ) as given_start_at,
        conversations.duration_nanos
    from conversations
    left join end_users
        on
            conversations.conversation_id = end_users.conversation_id
            and end_users.user_number = 1

)

select * from final
