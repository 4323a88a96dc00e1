{#
    Grain: one row per conversation of any system, one column per measure
    (macros/metrics/measures.sql).
#}
{{ config(meta={"dated": true}) }}

with conversations as (

    select * from {{ ref("conversations") }}
    where {{ of_touched_conversations() }}

),

exchanges as (

    select * from {{ ref("int_exchanges_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

metric_points as (

    select * from {{ ref("int_metric_points_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }}

),

suggestions as (

    select * from {{ ref("int_suggestions_aggregated_to_conversations") }}
    where {{ of_touched_conversations() }} and annotation_type = 'all'

),

final as (

    select
        conversations.conversation_id,
        conversations.started_date,
        conversations.started_hour,
        {{ measure_columns(measure_names()) }}
    from conversations
    left join exchanges on conversations.conversation_id = exchanges.conversation_id
    left join metric_points on conversations.conversation_id = metric_points.conversation_id
    left join suggestions on conversations.conversation_id = suggestions.conversation_id

)

select * from final
