{# Grain: one row per reporting window, period, metric, dimension and segment. #}
{{ config(materialized="table") }}

{%- set keys = ["window_name", "period", "starts_on", "ends_on", "dimension", "segment"] %}

with windows as (

    select * from {{ ref("windows") }}

),

days as (

    select * from {{ ref("int_metrics_aggregated_to_days") }}

),

annotation_type_hours as (

    select * from {{ ref("int_annotation_types_completed") }}

),

windowed as (

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        {{ summed_term_columns(metrics()) }}
    from days
    inner join windows
        on windows.starts_on is null
            or days.metric_date between windows.starts_on and windows.ends_on
    group by {{ keys | join(", ") }}

),

windowed_annotation_types as (

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        {{ summed_term_columns(declared(agent_assist_metrics())) }}
    from annotation_type_hours
    inner join windows
        on windows.starts_on is null
            or annotation_type_hours.metric_date between windows.starts_on and windows.ends_on
    group by {{ keys | join(", ") }}

),

valued as (
    {{ all_metric_rows("windowed", "windowed_annotation_types", keys) }}

),

definitions as (

    select * from {{ ref("metric_definitions") }}

),

with_error as (

    select
        valued.*,
        definitions.kind,
        definitions.is_share,
        sqrt({{ ratio_variance(
            "valued.sample_size", "valued.numerator", "valued.denominator",
            "valued.sum_xx", "valued.sum_yy", "valued.sum_xy",
        ) }}) as standard_error
    from valued
    inner join definitions on valued.metric_name = definitions.metric_name

),

final as (

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        metric_name,
        numerator,
        denominator,
        value,
        -- A total is what it is; a share has Wilson's interval, any other ratio the normal one.
        case
            when kind = 'total' then null
            when is_share then {{ wilson_low("numerator", "denominator") }}
            else value - 1.959963984540054 * standard_error
        end as value_low,
        case
            when kind = 'total' then null
            when is_share then {{ wilson_high("numerator", "denominator") }}
            else value + 1.959963984540054 * standard_error
        end as value_high,
        sample_size,
        sum_xx,
        sum_yy,
        sum_xy
    from with_error

)

select * from final
