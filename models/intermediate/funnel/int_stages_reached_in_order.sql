{# Grain: one row per conversation and funnel stage that it reached in order. #}

{#-
    One round of `walk` a stage, however many the seed has. In each, an event of the stage
    counts when the latest entry before it is within the window: an entry is an event that
    counted for the stage before, or for one before that when only optional stages lie
    between. The latest is the best there is, since a window looks back one step only.
    Rounds get short: what has no entry before it goes, and of entries that follow each
    other only the last stays live.
-#}
{%- set placed = "partition by conversation_id order by occurred_at, place, walk.step desc" %}

with recursive stage_events as (

    select * from {{ ref("int_stage_events_placed") }}
    where {{ of_touched_conversations() }}

),

steps as (

    select * from {{ ref("int_funnel_steps") }}

),

walk as (

    select
        conversation_id,
        occurred_at,
        place,
        step,
        step = 1 as is_entry,
        true as is_live,
        cast(1 as bigint) as rounds
    from stage_events

    union all

    select
        conversation_id,
        occurred_at,
        place,
        step,
        is_entry or is_candidate as is_entry,
        not (
            is_candidate
            and coalesce(
                {{ seconds_between("entered_at", "next_candidate_at") }} <= window_seconds, false
            )
        ) as is_live,
        rounds + 1 as rounds
    from (
        select
            walk.*,
            steps.is_optional,
            steps.window_seconds,
            not walk.is_entry and walk.step = steps.step as is_candidate,
            -- At one place later stages stand first: an event is no entry for itself.
            max(case when walk.is_entry then walk.occurred_at end) over (
                {{ placed }} rows between unbounded preceding and current row
            ) as entered_at,
            lead(
                case when not walk.is_entry and walk.step = steps.step then walk.occurred_at end
            ) over ({{ placed }}) as next_candidate_at
        from walk
        inner join steps on walk.rounds + 1 = steps.step
        where walk.is_live
    ) as judged
    where
        case
            when is_entry then is_optional
            when is_candidate
                then {{ seconds_between("entered_at", "occurred_at") }} <= window_seconds
            else entered_at is not null
        end

),

reached as (

    select
        conversation_id,
        step,
        min(occurred_at) as reached_at
    from walk
    where is_entry
    group by conversation_id, step

),

final as (

    select
        reached.conversation_id,
        steps.stage,
        reached.reached_at,
        {{ seconds_between("previous.reached_at", "reached.reached_at") }}
            as seconds_from_previous
    from reached
    inner join steps on reached.step = steps.step
    left join reached as previous
        on
            reached.conversation_id = previous.conversation_id
            and steps.previous_step = previous.step

)

select * from final
