{# Grain: one row per staged record that belongs to a conversation. #}
{{ config(materialized="view") }}

with events as (

    select
        conversation_id,
        'events' as feed,
        _file_id,
        _landed_at
    from {{ ref("base_sales_bot__events") }}
    where conversation_id is not null

),

metric_points as (

    select
        conversation_id,
        'support_metrics' as feed,
        _file_id,
        _landed_at
    from {{ ref("base_support__metric_points") }}
    where conversation_id is not null

),

insights_conversations as (

    select
        conversation_id,
        'conversations' as feed,
        _file_id,
        _landed_at
    from {{ ref("base_insights__conversations") }}

),

final as (

    select * from events
    union all
    select * from metric_points
    union all
    select * from insights_conversations

)

select * from final
