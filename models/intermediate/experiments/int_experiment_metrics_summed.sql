{#
    Grain: one row per experiment, variant and metric: its sums over units. A metric that
    none of the units could have has no row.
#}
{{ config(materialized="table") }}

{%- set sums = ["numerator", "denominator", "sum_xx", "sum_yy", "sum_xy", "sample_size"] %}

with days as (

    select * from {{ ref("int_experiment_metrics_aggregated_to_days") }}

),

customers as (

    select * from {{ ref("int_experiment_customers_measured") }}

),

experiments as (

    select * from {{ ref("experiments") }}

),

definitions as (

    select * from {{ ref("metric_definitions") }}

),

-- Where the conversation is the unit, the sums of the days are all there is to know.
conversations as (

    select
        days.experiment,
        days.variant,
        {{ summed_term_columns(metrics()) }}
    from days
    left join experiments on days.experiment = experiments.experiment
    where coalesce(experiments.assignment_unit, '') != 'customer'
    group by days.experiment, days.variant

),

by_conversation as (
    {{ metric_rows(metrics(), "conversations", ["experiment", "variant"]) }}
),

by_customer as (
    {% for metric in metrics() %}
    {%- set x, y = metric.numerator, metric.denominator %}
    select
        experiment,
        variant,
        '{{ metric.name }}' as metric_name,
        {%- for column, value in [
            ("numerator", x), ("denominator", y),
            ("sum_xx", x ~ " * " ~ x), ("sum_yy", y ~ " * " ~ y), ("sum_xy", x ~ " * " ~ y),
        ] %}
        cast(sum({{ exact_amount(value, "1e24") }}) as double) as {{ column }},
        {%- endfor %}
        cast(sum(case when {{ y }} != 0 then 1 else 0 end) as bigint) as sample_size
    from customers
    group by experiment, variant
    having sum({{ metric.population }}) > 0
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (

    select
        by_conversation.experiment,
        by_conversation.variant,
        by_conversation.metric_name,
        definitions.is_share,
        {%- for sum in sums %}
        by_conversation.{{ sum }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from by_conversation
    inner join definitions on by_conversation.metric_name = definitions.metric_name

    union all

    select
        experiment,
        variant,
        metric_name,
        -- A customer's conversations can be more than one success.
        false as is_share,
        {{ sums | join(", ") }}
    from by_customer

)

select * from final
