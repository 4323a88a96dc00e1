{# Grain: one row per conversation with messages: what its answers and judgements sum to. #}

with messages as (

    select * from {{ ref("messages") }}
    where {{ of_touched_conversations() }}

),

final as (

    select
        conversation_id,
        count(case when direction = 'outbound' then response_seconds end) as response_count,
        {{ sum_in_order(
            "case when direction = 'outbound' then response_seconds end", "message_position"
        ) }} as response_seconds_sum,
        count(sentiment) as sentiment_count,
        {{ sum_in_order("sentiment", "message_position") }} as sentiment_sum,
        count(is_intent_correct) as intent_judged_count,
        count(case when is_intent_correct then 1 end) as intent_correct_count,
        count(is_response_appropriate) as reply_judged_count,
        count(case when is_response_appropriate then 1 end) as reply_appropriate_count
    from messages
    group by conversation_id

)

select * from final
