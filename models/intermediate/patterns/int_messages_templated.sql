{# Grain: one row per conversation with events and template of a bot's message in it. #}

with messages as (

    select * from {{ ref("int_messages_sequenced") }}
    where {{ of_touched_conversations() }} and feed = 'events'

),

with_next as (

    select
        conversation_id,
        sender_role,
        content,
        message_position,
        sent_at,
        lead(direction) over (
            partition by conversation_id order by message_position
        ) as next_direction
    from messages

),

templated as (

    select
        *,
        {{ message_template("content") }} as message_template
    from with_next
    where sender_role = 'bot'

),

numbered as (

    select
        *,
        count(message_template) over (
            partition by conversation_id, message_template
        ) as use_count,
        row_number() over (
            partition by conversation_id, message_template order by message_position
        ) as use_number
    from templated

),

-- The first use counts: what follows it is what it did. A message without a template has
-- no use; asking for the template itself would make it twice.
final as (

    select
        conversation_id,
        message_template,
        use_count,
        coalesce(next_direction = 'inbound', false) as is_answered,
        sent_at as first_used_at
    from numbered
    where use_number = 1 and use_count > 0

)

select * from final
