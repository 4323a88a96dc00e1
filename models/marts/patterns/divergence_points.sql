{#
    Grain: one row per step and state: where sales conversations that succeed and those
    that fail part. Of the conversations that come to the step undecided, those which enter
    the state are compared with those which enter another.
#}
{{ config(materialized="table") }}

{%- set cells = ["successful", "failed", "successful_elsewhere", "failed_elsewhere"] %}

with states as (

    select * from {{ ref("int_states_sequenced") }}
    where step <= {{ var("path_steps") }}

),

conversations as (

    select * from {{ ref("int_states_aggregated_to_conversations") }}
    where (is_converted or is_failed) and not is_support

),

counted as (

    -- What is decided parts no more.
    select
        states.step,
        states.state,
        count(case when conversations.is_converted then 1 end) as successful,
        count(case when not conversations.is_converted then 1 end) as failed
    from states
    inner join conversations on states.conversation_id = conversations.conversation_id
    where not states.is_decided
    group by states.step, states.state

),

compared as (

    select
        *,
        cast(sum(successful) over (partition by step) as bigint) - successful
            as successful_elsewhere,
        cast(sum(failed) over (partition by step) as bigint) - failed as failed_elsewhere
    from counted

),

tested as (

    {{ tested_odds_ratios("compared", *cells) }}

),

final as (

    select
        step,
        state,
        successful as successful_conversations,
        failed as failed_conversations,
        successful_elsewhere as successful_conversations_elsewhere,
        failed_elsewhere as failed_conversations_elsewhere,
        {{ ratio("successful", "successful + successful_elsewhere") }} as successful_share,
        {{ ratio("failed", "failed + failed_elsewhere") }} as failed_share,
        odds_ratio,
        odds_ratio_low,
        odds_ratio_high,
        is_sample_sufficient,
        p_value,
        q_value,
        q_value < 0.05 as is_significant
    from tested

)

select * from final
