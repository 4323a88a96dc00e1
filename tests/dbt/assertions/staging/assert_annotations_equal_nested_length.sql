-- Opening the nesting loses no annotation and makes none up.
with nested as (

    select
        conversation_id,
        sentence_position,
        {{ list_count("annotations") }} as annotation_count
    from {{ ref("stg_insights__sentences") }}

),

opened as (

    select
        conversation_id,
        sentence_position,
        count(*) as annotation_count
    from {{ ref("stg_insights__annotations") }}
    group by conversation_id, sentence_position

)

select
    nested.conversation_id,
    nested.sentence_position,
    nested.annotation_count,
    opened.annotation_count as opened_count
from nested
full outer join opened
    on
        nested.conversation_id = opened.conversation_id
        and nested.sentence_position = opened.sentence_position
where coalesce(nested.annotation_count, 0) is distinct from coalesce(opened.annotation_count, 0)
