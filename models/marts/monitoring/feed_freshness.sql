{# Grain: one row per feed that has landed: what came, what was rejected, how new it is. #}
{{ config(materialized="table") }}

with files as (

    select * from {{ source("raw", "landed_files") }}

),

conversations as (

    select * from {{ ref("conversations") }}
    where not has_implausible_time

),

landed as (

    select
        feed,
        count(*) as file_count,
        cast(sum(row_count) as bigint) as row_count,
        cast(sum(rejected_count) as bigint) as rejected_count,
        count(case when error is not null then 1 end) as unreadable_file_count,
        cast(max(landed_at) as timestamp) as last_landed_at
    from files
    group by feed

),

active as (
    {% for feed, is_of_feed in [
        ("events", "in_events"),
        ("conversations", "in_insights"),
        ("support_metrics", "in_support_metrics"),
    ] %}
    select
        '{{ feed }}' as feed,
        max(coalesce(ended_at, started_at)) as last_activity_at
    from conversations
    where {{ is_of_feed }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

final as (

    select
        landed.feed,
        landed.file_count,
        landed.row_count,
        landed.rejected_count,
        {{ ratio("landed.rejected_count", "landed.row_count + landed.rejected_count") }}
            as rejected_share,
        landed.unreadable_file_count,
        landed.last_landed_at,
        active.last_activity_at
    from landed
    left join active on landed.feed = active.feed

)

select * from final
