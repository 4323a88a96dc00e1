{#
    Grain: one row per reporting window, who answered (bot, agent) and band of seconds that
    the answer took.
#}
{{ config(materialized="table") }}

with messages as (

    select * from {{ ref("messages") }}
    where direction = 'outbound' and response_seconds >= 0

),

conversations as (

    select * from {{ ref("conversations") }}

),

windows as (

    select * from {{ ref("windows") }}
    where period = 'current'

),

bands as (

    select * from {{ ref("response_time_bands") }}

),

-- By the second first: finding the band of every message would take longer than all else.
counted_by_seconds as (

    select
        windows.window_name,
        messages.sender_role,
        messages.response_seconds,
        count(*) as response_count
    from messages
    inner join conversations on messages.conversation_id = conversations.conversation_id
    inner join windows
        on windows.starts_on is null
            or conversations.started_date between windows.starts_on and windows.ends_on
    group by windows.window_name, messages.sender_role, messages.response_seconds

),

counted as (

    select
        counted_by_seconds.window_name,
        coalesce(counted_by_seconds.sender_role, 'unknown') as answered_by,
        bands.band_order,
        bands.band,
        bands.from_seconds,
        bands.below_seconds,
        cast(sum(counted_by_seconds.response_count) as bigint) as response_count
    from counted_by_seconds
    inner join bands
        on
            counted_by_seconds.response_seconds >= bands.from_seconds
            and counted_by_seconds.response_seconds < coalesce(bands.below_seconds, 1e18)
    group by
        counted_by_seconds.window_name, counted_by_seconds.sender_role, bands.band_order,
        bands.band, bands.from_seconds, bands.below_seconds

),

final as (

    select
        *,
        cast(sum(response_count) over (
            partition by window_name, answered_by
        ) as bigint) as responses_of_sender,
        {{ ratio(
            "response_count", "sum(response_count) over (partition by window_name, answered_by)"
        ) }} as response_share
    from counted

)

select * from final
