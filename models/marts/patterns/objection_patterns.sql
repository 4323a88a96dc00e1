{#
    Grain: one row per objection. Sales conversations with it are compared with those in
    which the customer wrote too and did not raise it: who never answers raises nothing.
#}
{{ config(materialized="table") }}

{%- set cells = ["converted_with", "(conversations - converted_with)",
                 "converted_without", "(conversations_without - converted_without)"] %}

with conversations as (

    select * from {{ ref("int_conversations_resolved") }}
    where is_responded and not is_support

),

event_roles as (

    select * from {{ ref("int_event_roles_aggregated_to_conversations") }}

),

raised as (

    select
        event_roles.conversation_id,
        objection
    from event_roles
    {{ unnest_with_position("event_roles.objections_raised", "objection", "position") }}

),

totals as (

    select
        count(*) as all_conversations,
        count(case when is_converted then 1 end) as all_converted
    from conversations

),

counted as (

    select
        raised.objection,
        count(*) as conversations,
        count(case when conversations.is_converted then 1 end) as converted_with
    from raised
    inner join conversations
        on raised.conversation_id = conversations.conversation_id
    group by raised.objection

),

compared as (

    select
        counted.*,
        totals.all_conversations,
        totals.all_conversations - counted.conversations as conversations_without,
        totals.all_converted - counted.converted_with as converted_without
    from counted
    cross join totals

),

tested as (

    {{ tested_odds_ratios("compared", *cells) }}

),

final as (

    select
        objection,
        conversations,
        all_conversations,
        {{ ratio("conversations", "all_conversations") }} as objection_share,
        converted_with as converted_conversations,
        {{ ratio("converted_with", "conversations") }} as conversion_rate,
        {{ wilson_low("converted_with", "conversations") }} as conversion_rate_low,
        {{ wilson_high("converted_with", "conversations") }} as conversion_rate_high,
        conversations_without,
        converted_without as converted_conversations_without,
        {{ ratio("converted_without", "conversations_without") }} as conversion_rate_without,
        {{ ratio(
            ratio("converted_with", "conversations"),
            ratio("converted_without", "conversations_without"),
        ) }} as lift,
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
