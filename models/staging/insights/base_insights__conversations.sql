{# Grain: one row per conversation, its newest version, still nested. #}
{{ config(
    materialized="incremental",
    incremental_strategy="delete+insert",
    unique_key="conversation_id",
) }}

{# Read twice: one CTE for both would keep every conversation in memory at once. #}
{%- set landed_conversations %}
select * from {{ source("raw", "conversations") }}
{% if is_incremental() -%}
where _file_id > {{ watermark(this) }}
{% endif -%}
{% endset %}

with landed_conversations as (
    {{ landed_conversations }}
),

landed_lines as (
    {{ landed_conversations }}
),

identified as (

    select
        -- A conversation without a name is its own, unless it is the same to the letter.
        coalesce(
            nullif({{ last_path_segment("conversationName") }}, ''),
            'unnamed-' || {{ content_key([
                "startTimestampUtc", "loadTimestampUtc", "durationNanos", "transcript",
                "sentences", "labels", "agents", "_extra",
            ]) }}
        ) as conversation_id,
        coalesce(conversationUpdateTimestampUtc, -9223372036854775807) as version_updated,
        _file_id,
        _line_number
    from landed_lines

),

versions_numbered as (

    select
        *,
        row_number() over (
            partition by conversation_id
            order by version_updated desc, _file_id desc, _line_number desc
        ) as version_number
    from identified

),

newest_landed as (

    select
        landed_conversations.*,
        versions_numbered.conversation_id,
        versions_numbered.version_updated
    from landed_conversations
    inner join versions_numbered
        on
            landed_conversations._file_id = versions_numbered._file_id
            and landed_conversations._line_number = versions_numbered._line_number
    where versions_numbered.version_number = 1

),

final as (

    select
        conversation_id,
        conversationName as conversation_name,
        version_updated,
        startTimestampUtc as start_seconds,
        startTimestamp as start_timestamp,
        durationNanos as duration_nanos,
        languageCode as language,
        medium,
        turnCount as turn_count,
        agentId as agent_id,
        agents,
        issues,
        labels,
        sentences,
        _file_id,
        _line_number,
        _landed_at
    from newest_landed
    {% if is_incremental() %}
        -- An older version that comes late replaces nothing.
        where not exists (
            select 1
            from {{ this }} as known
            where
                known.conversation_id = newest_landed.conversation_id
                and known.version_updated > newest_landed.version_updated
        )
    {% endif %}

)

select * from final
