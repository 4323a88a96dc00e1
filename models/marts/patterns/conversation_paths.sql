{# Grain: one row per path; the thousand that most conversations took. #}
{{ config(materialized="table") }}

with conversations as (

    select * from {{ ref("int_states_aggregated_to_conversations") }}

),

counted as (

    select
        path,
        max(state_count) > {{ var("path_steps") }} as is_cut,
        least(max(state_count), {{ var("path_steps") }}) as step_count,
        count(*) as conversations,
        count(case when is_converted then 1 end) as converted_conversations,
        count(case when is_failed then 1 end) as failed_conversations
    from conversations
    group by path

),

ranked as (

    select
        *,
        sum(conversations) over () as all_conversations,
        cast(row_number() over (order by conversations desc, path asc) as bigint) as path_rank
    from counted

),

final as (

    select
        path_rank,
        path,
        step_count,
        is_cut,
        conversations,
        cast(all_conversations as bigint) as all_conversations,
        {{ ratio("conversations", "all_conversations") }} as support,
        converted_conversations,
        failed_conversations,
        {{ ratio("converted_conversations", "conversations") }} as conversion_rate,
        {{ wilson_low("converted_conversations", "conversations") }} as conversion_rate_low,
        {{ wilson_high("converted_conversations", "conversations") }}
            as conversion_rate_high,
        {{ ratio("failed_conversations", "conversations") }} as failure_rate,
        conversations >= {{ var("minimum_sample") }} as is_sample_sufficient
    from ranked
    where path_rank <= 1000

)

select * from final
