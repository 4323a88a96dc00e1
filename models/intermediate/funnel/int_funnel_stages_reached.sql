{# Grain: one row per conversation with events and funnel stage that it reached, in any order. #}
{{ config(meta={"dated": true}) }}

with conversations as (

    select * from {{ ref("int_conversations_timed") }}
    where {{ of_touched_conversations() }} and in_events

),

reached as (

    select * from {{ ref("int_stages_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

reached_in_order as (

    select * from {{ ref("int_stages_reached_in_order") }}
    where {{ of_touched_conversations() }}

),

steps as (

    select * from {{ ref("int_funnel_steps") }}

),

-- Every conversation with events has started, as the published funnel counts.
stages as (

    select
        conversations.conversation_id,
        steps.stage
    from conversations
    inner join steps on steps.step = 1

    union distinct

    select
        conversation_id,
        stage
    from reached

),

final as (

    select
        stages.conversation_id,
        conversations.started_date,
        stages.stage,
        reached_in_order.conversation_id is not null as is_in_order,
        reached_in_order.seconds_from_previous
    from stages
    inner join conversations on stages.conversation_id = conversations.conversation_id
    left join reached_in_order
        on
            stages.conversation_id = reached_in_order.conversation_id
            and stages.stage = reached_in_order.stage

)

select * from final
