{# Grain: one row per distinct event object. #}
{{ config(materialized="incremental", incremental_strategy="append") }}

{# Read by each step anew: one CTE for all would keep every event in memory at once. #}
{%- set landed_events %}
select * from {{ source("raw", "events") }}
{% if is_incremental() -%}
where _file_id > {{ watermark(this) }}
{% endif -%}
{% endset %}

{%- set plain_columns = [
    "event_type", "conversation_id", "timestamp", "event_id", "message_id", "customer_id",
    "channel",
] %}

-- Two lines are one event when the whole objects are equal, whatever the order of their
-- keys. An event_id alone does not make two different objects one.
{%- set event_key = content_key(
    plain_columns + [json_canonical("properties"), json_canonical("_extra")]
) %}

with landed_events as (
    {{ landed_events }}
),

landed_lines as (
    {{ landed_events }}
),

landed_fingerprints as (

    select {{ fingerprint(plain_columns) }} as fingerprint
    from ({{ landed_events }}) as landed

),

-- Copies agree in every plain column. Few lines do, so few have to be sorted.
shared_fingerprints as (

    select fingerprint
    from landed_fingerprints
    group by fingerprint
    having count(*) > 1

),

copies_numbered as (

    select
        _file_id,
        _line_number,
        row_number() over (
            partition by {{ event_key }} order by _file_id, _line_number
        ) as copy_number
    from landed_lines
    where {{ fingerprint(plain_columns) }} in (select fingerprint from shared_fingerprints)

),

first_copies as (

    select
        landed_events.*,
        {{ event_key }} as event_key
    from landed_events
    left join copies_numbered
        on
            landed_events._file_id = copies_numbered._file_id
            and landed_events._line_number = copies_numbered._line_number
    where coalesce(copies_numbered.copy_number, 1) = 1

),

typed as (

    select
        *,
        {{ parse_timestamp("timestamp") }} as occurred_at
    from first_copies
    {% if is_incremental() %}
        where not exists (
            select 1 from {{ this }} as known
            where known.event_key = first_copies.event_key
        )
    {% endif %}

),

final as (

    select
        event_key,
        nullif(conversation_id, '') as conversation_id,
        event_type,
        event_id,
        message_id,
        nullif(customer_id, '') as customer_id,
        nullif(lower(trim(channel)), '') as channel,
        case when {{ json_kind("properties") }} = 'object' then properties end as properties,
        coalesce({{ json_kind("properties") }}, 'null') not in ('object', 'null')
            as has_unreadable_properties,
        occurred_at is null as is_time_unknown,
        {{ is_implausible("occurred_at", "_landed_at") }} as is_time_implausible,
        occurred_at,
        _file_id,
        _line_number,
        _landed_at
    from typed

)

select * from final
