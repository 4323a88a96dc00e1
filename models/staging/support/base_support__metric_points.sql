{# Grain: one row per distinct metric point. #}
{{ config(materialized="incremental", incremental_strategy="append") }}

with landed_points as (

    select * from {{ source("raw", "support_metrics") }}
    {% if is_incremental() %}
        where _file_id > {{ watermark(this) }}
    {% endif %}

),

keyed as (

    select
        *,
        {{ content_key([
            "metric_name", "value", "timestamp", "conversation_id", "customer_id",
            json_canonical("dimension"), json_canonical("_extra"),
        ]) }} as point_key
    from landed_points

),

copies_numbered as (

    select
        *,
        row_number() over (
            partition by point_key order by _file_id, _line_number
        ) as copy_number
    from keyed

),

typed as (

    select
        *,
        {{ json_number("value") }} as metric_value,
        {{ parse_timestamp("timestamp") }} as recorded_at
    from copies_numbered
    where
        copy_number = 1
    {% if is_incremental() %}
            and not exists (
                select 1 from {{ this }} as known
                where known.point_key = copies_numbered.point_key
            )
        {% endif %}

),

final as (

    select
        point_key,
        nullif(conversation_id, '') as conversation_id,
        nullif(customer_id, '') as customer_id,
        metric_name,
        case when {{ json_kind("dimension") }} = 'object' then dimension end as dimension,
        coalesce({{ json_kind("dimension") }}, 'null') not in ('object', 'null')
            as has_unreadable_dimension,
        metric_value,
        recorded_at is null as is_time_unknown,
        {{ is_implausible("recorded_at", "_landed_at") }} as is_time_implausible,
        recorded_at,
        _file_id,
        _line_number,
        _landed_at
    from typed

)

select * from final
