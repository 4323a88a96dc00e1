{# Grain: one row per week in which customers first came and week since, up to as_of. #}
{{ config(materialized="table") }}

with conversations as (

    select * from {{ ref("conversations") }}

),

as_of as (

    select
        as_of,
        {{ reporting_time("as_of") }} as reporting_as_of
    from {{ ref("as_of") }}

),

numbered as (

    select
        conversations.customer_id,
        {{ week_of("conversations.started_date") }} as started_week,
        cast({{ reporting_time(
            "coalesce(conversations.converted_at, conversations.started_at)"
        ) }} as date) as conversion_date,
        conversations.is_converted,
        row_number() over (
            partition by conversations.customer_id
            order by conversations.started_at, conversations.conversation_id
        ) as conversation_number
    from conversations
    cross join as_of
    where
        conversations.customer_id is not null
        and conversations.started_date <= cast(as_of.reporting_as_of as date)

),

customers as (

    select
        customer_id,
        min(started_week) as cohort_week,
        min(case when conversation_number = 2 then started_week end) as repeat_week,
        min(case when is_converted then {{ week_of("conversion_date") }} end)
            as converted_week
    from numbered
    group by customer_id

),

happened as (

    select distinct
        customers.customer_id,
        customers.cohort_week,
        numbered.started_week as happened_week,
        'active' as what
    from numbered
    inner join customers on numbered.customer_id = customers.customer_id

    union all

    select
        customer_id,
        cohort_week,
        greatest(converted_week, cohort_week) as happened_week,
        'converted' as what
    from customers
    where converted_week is not null

    union all

    select
        customer_id,
        cohort_week,
        repeat_week as happened_week,
        'repeated' as what
    from customers
    where repeat_week is not null

),

counted as (

    select
        cohort_week,
        {%- for what in ["active", "converted", "repeated"] %}
        count(case when what = '{{ what }}' then 1 end) as {{ what }}_customers,
        {%- endfor %}
        {{ weeks_between("cohort_week", "happened_week") }} as weeks_since
    from happened
    group by cohort_week, happened_week

),

cohorts as (

    select
        customers.cohort_week,
        as_of.reporting_as_of,
        count(*) as customers,
        max({{ weeks_between("customers.cohort_week", week_of("as_of.reporting_as_of")) }})
            as last_week
    from customers
    cross join as_of
    group by customers.cohort_week, as_of.reporting_as_of

),

-- A week in which nobody of the cohort came has its row.
cells as (

    select
        cohorts.*,
        weeks_since
    from cohorts
    {{ unnest_with_position(
        integer_sequence("0", "cohorts.last_week"), "weeks_since", "position"
    ) }}

),

final as (

    select
        cells.cohort_week,
        cells.weeks_since,
        cells.customers,
        coalesce(counted.active_customers, 0) as active_customers,
        {{ ratio("coalesce(counted.active_customers, 0)", "cells.customers") }} as active_rate,
        {%- for what in ["converted", "repeated"] %}
        {%- set so_far %}cast(coalesce(sum(counted.{{ what }}_customers) over (
            partition by cells.cohort_week order by cells.weeks_since
        ), 0) as bigint){% endset %}
        {{ so_far }} as {{ what }}_customers,
        {{ ratio(so_far, "cells.customers") }} as {{ what }}_rate,
        {%- endfor %}
        {{ seconds_between("cast(cells.cohort_week as timestamp)", "cells.reporting_as_of") }}
        >= (cells.weeks_since + 1) * 604800 as is_complete
    from cells
    left join counted
        on
            cells.cohort_week = counted.cohort_week
            and cells.weeks_since = counted.weeks_since

)

select * from final
