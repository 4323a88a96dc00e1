-- No annotation is lost or doubled on the way to the mart.
select
    annotations.conversation_id,
    annotations.annotation_position,
    suggestions.annotation_position as suggestion_position
from {{ ref("stg_insights__annotations") }} as annotations
full outer join {{ ref("suggestions") }} as suggestions
    on
        annotations.conversation_id = suggestions.conversation_id
        and annotations.sentence_position = suggestions.sentence_position
        and annotations.annotation_position = suggestions.annotation_position
where
    annotations.annotation_position is distinct from suggestions.annotation_position
    or annotations.annotation_type is distinct from suggestions.annotation_type
