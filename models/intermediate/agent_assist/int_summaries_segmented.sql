{#
    Grain: one row per summary that an agent sent back, dimension ('all', 'agent') and
    annotation type (its own, 'all').
#}
{{ config(materialized="view") }}

with summaries as (

    select * from {{ ref("int_summaries_compared") }}
    where edit_distance is not null

),

measured as (

    select * from {{ ref("int_conversations_measured") }}

),

conversations as (

    select * from {{ ref("conversations") }}

),

by_agent as (

    select
        summaries.conversation_id,
        summaries.sentence_position,
        summaries.annotation_position,
        measured.started_date as metric_date,
        'agent' as dimension,
        coalesce(conversations.agent_id, '(unknown)') as segment,
        summaries.annotation_type,
        summaries.edit_distance
    from summaries
    inner join measured on summaries.conversation_id = measured.conversation_id
    inner join conversations on summaries.conversation_id = conversations.conversation_id

),

by_segment as (

    select * from by_agent

    union all

    select
        conversation_id,
        sentence_position,
        annotation_position,
        metric_date,
        'all' as dimension,
        'all' as segment,
        annotation_type,
        edit_distance
    from by_agent

),

final as (

    select * from by_segment

    union all

    select
        conversation_id,
        sentence_position,
        annotation_position,
        metric_date,
        dimension,
        segment,
        'all' as annotation_type,
        edit_distance
    from by_segment

)

select * from final
