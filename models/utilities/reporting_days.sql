{#
    Grain: one row per day in the reporting time zone, from the first to the last on which
    a conversation started, without gaps: the time spine of the semantic layer.
#}

with measured as (

    select * from {{ ref("int_conversations_measured") }}

),

span as (

    select
        max(started_date) as last_date,
        {{ hour_number("cast(min(started_date) as timestamp)") }} as first_hour,
        {{ hour_number("cast(max(started_date) as timestamp)") }} as last_hour
    from measured

),

final as (

    select {{ days_before("span.last_date", "days_back") }} as reporting_date
    from span
    {{ unnest_with_position(
        integer_sequence("0", "cast((span.last_hour - span.first_hour) / 24 as bigint)"),
        "days_back", "place"
    ) }}

)

select * from final
