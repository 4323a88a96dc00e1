{# Grain: one row, the instant at which windows end. #}

{#- Given by var as_of, else the latest activity that has happened by now. -#}
{%- set now = run_started_at.strftime("%Y-%m-%d %H:%M:%S") -%}

with activities as (

    select max(occurred_at) as happened_at
    from {{ ref("base_sales_bot__events") }}
    where not is_time_implausible and occurred_at <= cast('{{ now }}' as timestamp)

    union all

    select max(recorded_at) as happened_at
    from {{ ref("base_support__metric_points") }}
    where not is_time_implausible and recorded_at <= cast('{{ now }}' as timestamp)

    union all

    select max(created_at) as happened_at
    from {{ ref("stg_insights__sentences") }}
    where not is_time_implausible and created_at <= cast('{{ now }}' as timestamp)

),

final as (

    select
            {%- if var("as_of", none) is not none %}
        max(cast('{{ var("as_of") }}' as timestamp)) as as_of
        {%- else %}
        max(happened_at) as as_of
        {%- endif %}
    from activities

)

select * from final
