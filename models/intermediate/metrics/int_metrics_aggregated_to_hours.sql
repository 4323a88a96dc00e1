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

-- Hour by hour, so that the many sums of an hour are worked on while they are at hand.
segments_in_time as (

    select segments.*
    from segments
    inner join measured on segments.conversation_id = measured.conversation_id
    order by measured.started_hour

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
        segments_in_time.dimension,
        segments_in_time.segment,
        {{ summed_term_columns(metrics()) }}
    from terms
    inner join segments_in_time on terms.conversation_id = segments_in_time.conversation_id
    group by
        terms.metric_date,
        terms.metric_hour,
        segments_in_time.dimension,
        segments_in_time.segment

)

select * from final
