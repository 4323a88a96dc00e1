{#
    Grain: one row per hour in which conversations started, dimension and segment; the sums
    that every metric needs (macros/metrics/sums.sql). Conversations whose start nobody
    knows have a row with a NULL hour.
#}
{{ config(incremental_strategy="replace_dates") }}

with measured as (

    select * from {{ ref("int_conversations_measured") }}
    where {{ of_touched_dates("started_date") }}

),

segments as (

    select * from {{ ref("int_segments_listed") }}

),

terms as (

    select
        conversation_id,
        started_date as metric_date,
        started_hour as metric_hour,
        {{ term_columns(metrics()) }}
    from measured

),

final as (

    select
        terms.metric_date,
        terms.metric_hour,
        segments.dimension,
        segments.segment,
        {{ summed_term_columns(metrics()) }}
    from terms
    inner join segments on terms.conversation_id = segments.conversation_id
    group by terms.metric_date, terms.metric_hour, segments.dimension, segments.segment

)

select * from final
