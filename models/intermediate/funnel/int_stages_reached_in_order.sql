{# Grain: one row per conversation and funnel stage that it reached in order. #}

{#-
    One round of `walk` a stage, however many the seed has. In each, an event of the stage
    counts when the latest entry before it is within the window: an entry is an event that
    counted for the stage before, or for one before that when only optional stages lie
    between. The latest is the best there is, since a window looks back one step only.
    Rounds get short: what has no entry before it goes, and of entries that follow each
    other only the last stays live.
-#}
{%- set placed = "partition by conversation_number order by occurred_at, place, step desc" %}

with recursive stage_events as (

    select * from {{ ref("int_stage_events_placed") }}
    where {{ of_touched_conversations() }}

),

steps as (

    select * from {{ ref("int_funnel_steps") }}

),

-- Numbers sort faster than names. Without a first stage there is no second.
conversations as (

    select
        conversation_id,
        row_number() over (order by conversation_id) as conversation_number
    from (select distinct conversation_id from stage_events where step = 1) as entered

),

walk as (

    select
        conversations.conversation_number,
        stage_events.occurred_at,
        stage_events.place,
        stage_events.step,
        stage_events.step = 1 as is_entry,
        true as is_live,
        cast(1 as integer) as rounds
    from stage_events
    inner join conversations on stage_events.conversation_id = conversations.conversation_id

    union all

    select
        judged.conversation_number,
        judged.occurred_at,
        judged.place,
        judged.step,
        judged.is_entry or judged.is_candidate as is_entry,
        not judged.is_candidate
        or coalesce(
            {{ seconds_between("judged.entered_at", "judged.next_candidate_at") }}
            > steps.window_seconds,
            true
        ) as is_live,
        judged.rounds + 1 as rounds
    from (
        select
            *,
            not is_entry and step = rounds + 1 as is_candidate,
            -- At one place later stages stand first: an event is no entry for itself.
            max(case when is_entry then occurred_at end) over (
                {{ placed }} rows between unbounded preceding and current row
            ) as entered_at,
            lead(case when not is_entry and step = rounds + 1 then occurred_at end) over (
                {{ placed }}
            ) as next_candidate_at
        from walk
        where is_live
    ) as judged
    inner join steps on judged.rounds + 1 = steps.step
    where
        case
            when judged.is_entry then steps.is_optional
            when judged.is_candidate
                then
                    {{ seconds_between("judged.entered_at", "judged.occurred_at") }}
                    <= steps.window_seconds
            else judged.entered_at is not null
        end

),

reached as (

    select
        conversation_number,
        step,
        min(occurred_at) as reached_at
    from walk
    where is_entry
    group by conversation_number, step

),

final as (

    select
        conversations.conversation_id,
        steps.stage,
        reached.reached_at,
        {{ seconds_between("previous.reached_at", "reached.reached_at") }}
            as seconds_from_previous
    from reached
    inner join conversations
        on reached.conversation_number = conversations.conversation_number
    inner join steps on reached.step = steps.step
    left join reached as previous
        on
            reached.conversation_number = previous.conversation_number
            and steps.previous_step = previous.step

)

select * from final
