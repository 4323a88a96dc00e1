{# Grain: one row per conversation and funnel stage that it reached in order. #}

{#-
    Where the first events of the stages are in order, they are the answer: nothing comes
    before them. The other conversations take a round for every stage that a funnel may
    have. In each, an event of the stage counts when the latest entry before it is within
    the window: an entry is an event that counted for the stage before, or for one before
    that when only optional stages lie between. The latest is the best there is, since a
    window looks back one step only. Rounds get short: what has no entry before it goes, and
    of entries that follow each other only the last stays live; the others are counted.
#}
{%- set walk = "partition by conversation_number, is_live order by occurred_at, place, step desc" %}

with stage_events as (

    select * from {{ ref("int_stage_events_placed") }}
    where {{ of_touched_events() }}

),

steps as (

    select * from {{ ref("int_funnel_steps") }}

),

firsts as (

    select * from {{ ref("int_stages_reached_first") }}
    where {{ of_touched_conversations() }}

),

-- Numbers sort faster than names. Without a first stage there is no second.
conversations as (

    select
        conversation_id,
        row_number() over (order by conversation_id) as conversation_number
    from firsts
    where step = 1 and not is_in_order

),

round_1 as (

    select
        conversations.conversation_number,
        stage_events.occurred_at,
        stage_events.place,
        stage_events.step,
        stage_events.step = 1 as is_entry,
        true as is_live
    from stage_events
    inner join conversations on stage_events.conversation_id = conversations.conversation_id

),
{% for step in range(2, var("most_funnel_stages") + 1) %}
looked_back_{{ step }} as (

    select
        *,
        is_live and not is_entry and step = {{ step }} as is_candidate,
        -- At one place later stages stand first: an event is no entry for itself.
        max(case when is_entry then occurred_at end) over (
            {{ walk }} rows between unbounded preceding and current row
        ) as entered_at,
        lead(case when not is_entry and step = {{ step }} then occurred_at end) over (
            {{ walk }}
        ) as next_candidate_at
    from round_{{ step - 1 }}

),

round_{{ step }} as (

    select
        events.conversation_number,
        events.occurred_at,
        events.place,
        events.step,
        events.is_entry or events.is_candidate as is_entry,
        case
            when not events.is_live or events.is_entry
                then events.is_live and coalesce(steps.is_optional, false)
            when events.is_candidate
                then
                    coalesce(
                        {{ seconds_between("events.entered_at", "events.next_candidate_at") }}
                        > steps.window_seconds,
                        true
                    )
            else true
        end as is_live
    from looked_back_{{ step }} as events
    left join steps on steps.step = {{ step }}
    where
        case
            when events.is_entry then true
            when events.is_candidate
                then
                    {{ seconds_between("events.entered_at", "events.occurred_at") }}
                    <= steps.window_seconds
            else events.entered_at is not null and steps.step is not null
        end

),
{% endfor %}
reached as (

    select
        conversation_number,
        step,
        min(occurred_at) as reached_at
    from round_{{ var("most_funnel_stages") }}
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

    union all

    select
        conversation_id,
        stage,
        reached_at,
        seconds_from_previous
    from firsts
    where is_in_order

)

select * from final
