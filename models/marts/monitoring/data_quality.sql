{# Grain: one row per feed, check and detail. #}
{{ config(materialized="table") }}

with staged as (

    select * from {{ ref("int_quality_checks_counted") }}

),

files as (

    select * from {{ source("raw", "landed_files") }}

),

numbered_files as (

    select
        *,
        row_number() over (
            partition by feed, file_path order by file_id desc
        ) as version_from_newest
    from files

),

-- A file that was mended and landed again is no longer at fault.
newest_files as (

    select * from numbered_files
    where version_from_newest = 1

),

drift as (

    select * from {{ source("raw", "schema_drift") }}

),

landed_rows as (

    select
        feed,
        sum(row_count) as row_count
    from files
    group by feed

),

staged_rows as (

    select
        'events' as feed,
        count(*) as row_count
    from {{ ref("base_sales_bot__events") }}
    union all
    select
        'support_metrics' as feed,
        count(*) as row_count
    from {{ ref("base_support__metric_points") }}
    union all
    select
        'conversations' as feed,
        count(*) as row_count
    from {{ ref("base_insights__conversations") }}

),

final as (

    select
        feed,
        check_name,
        detail,
        row_count,
        checked_count,
        {{ ratio("row_count", "checked_count") }} as row_share
    from staged

    union all

    select
        landed_rows.feed,
        'superseded' as check_name,
        cast(null as string) as detail,
        cast(landed_rows.row_count - staged_rows.row_count as bigint) as row_count,
        cast(landed_rows.row_count as bigint) as checked_count,
        {{ ratio("landed_rows.row_count - staged_rows.row_count", "landed_rows.row_count") }}
            as row_share
    from landed_rows
    inner join staged_rows on landed_rows.feed = staged_rows.feed

    union all

    select
        feed,
        'line_rejected' as check_name,
        file_path as detail,
        rejected_count as row_count,
        line_count as checked_count,
        {{ ratio("rejected_count", "line_count") }} as row_share
    from newest_files
    where rejected_count > 0

    union all

    select
        feed,
        'file_unreadable' as check_name,
        file_path as detail,
        1 as row_count,
        1 as checked_count,
        cast(1 as double) as row_share
    from newest_files
    where error is not null

    union all

    select
        feed,
        case kind when 'unknown field' then 'field_unknown' else 'field_unfit' end as check_name,
        field as detail,
        cast(row_count as bigint) as row_count,
        cast(round(row_count / nullif(row_share, 0)) as bigint) as checked_count,
        row_share
    from drift

)

select * from final
