-- Opening the nesting loses no sentence and makes none up.
with nested as (

    select
        conversation_id,
        {{ list_count("sentences") }} as sentence_count
    from {{ ref("base_insights__conversations") }}

),

opened as (

    select
        conversation_id,
        count(*) as sentence_count
    from {{ ref("stg_insights__sentences") }}
    group by conversation_id

)

select
    nested.conversation_id,
    nested.sentence_count,
    opened.sentence_count as opened_count
from nested
full outer join opened on nested.conversation_id = opened.conversation_id
where coalesce(nested.sentence_count, 0) is distinct from coalesce(opened.sentence_count, 0)
