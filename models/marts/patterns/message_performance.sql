{#
    Grain: one row per first-message variant, and per template of a bot's messages; of each
    kind the thousand that most conversations have. What only a few conversations have is
    no template, and may be personal.
#}
{{ config(materialized="table") }}

with conversations as (

    select * from {{ ref("int_conversations_resolved") }}
    where in_events

),

segments as (

    select * from {{ ref("int_conversations_segmented") }}

),

templates as (

    select * from {{ ref("int_messages_templated") }}

),

unioned as (

    select
        'first_message_variant' as message_kind,
        segments.first_message_variant as message,
        conversations.is_responded as is_answered,
        conversations.is_converted
    from conversations
    inner join segments
        on conversations.conversation_id = segments.conversation_id
    where segments.first_message_variant is not null

    union all

    -- What was converted before the message is not the message's doing.
    select
        'bot_message' as message_kind,
        templates.message_template as message,
        templates.is_answered,
        conversations.is_converted
        and coalesce(conversations.converted_at >= templates.first_used_at, true)
            as is_converted
    from templates
    inner join conversations
        on templates.conversation_id = conversations.conversation_id

),

counted as (

    select
        message_kind,
        message,
        count(*) as conversations,
        count(case when is_answered then 1 end) as answered_conversations,
        count(case when is_converted then 1 end) as converted_conversations
    from unioned
    group by message_kind, message
    having message_kind = 'first_message_variant' or count(*) >= 5

),

rated as (

    select
        *,
        row_number() over (
            partition by message_kind order by conversations desc, message asc
        ) as use_rank,
        {{ wilson_low("answered_conversations", "conversations") }} as response_rate_low,
        {{ wilson_high("answered_conversations", "conversations") }} as response_rate_high,
        conversations >= {{ var("minimum_sample") }} as is_sample_sufficient
    from counted

),

-- By the bound that luck hardly passes: a small sample is neither best nor worst.
ranked as (

    select
        *,
        cast(row_number() over (
            partition by message_kind, is_sample_sufficient
            order by response_rate_low desc, conversations desc, message asc
        ) as bigint) as rank_from_best,
        cast(row_number() over (
            partition by message_kind, is_sample_sufficient
            order by response_rate_high asc, conversations desc, message asc
        ) as bigint) as rank_from_worst
    from rated
    where use_rank <= 1000

),

final as (

    select
        message_kind,
        message,
        conversations,
        answered_conversations,
        {{ ratio("answered_conversations", "conversations") }} as response_rate,
        response_rate_low,
        response_rate_high,
        converted_conversations,
        {{ ratio("converted_conversations", "conversations") }} as conversion_rate,
        {{ wilson_low("converted_conversations", "conversations") }} as conversion_rate_low,
        {{ wilson_high("converted_conversations", "conversations") }}
            as conversion_rate_high,
        is_sample_sufficient,
        case when is_sample_sufficient then rank_from_best end as best_rank,
        case when is_sample_sufficient then rank_from_worst end as worst_rank
    from ranked

)

select * from final
