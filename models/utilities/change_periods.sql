{#
    Grain: one row per comparison and period. Whole days in the reporting time zone, of as
    many Mondays as Sundays; the day of as_of is left out, because it is not over.
#}

with as_of as (

    select cast({{ reporting_time("as_of") }} as date) as as_of_date
    from {{ ref("as_of") }}

),

final as (
    {% for comparison, days in [("week_over_week", 7), ("month_over_month", 28)] %}
    {%- for period, last in [("current", 1), ("previous", days + 1)] %}
    select
        '{{ comparison }}' as comparison_name,
        '{{ period }}' as period,
        {{ days_before("as_of_date", last + days - 1) }} as starts_on,
        {{ days_before("as_of_date", last) }} as ends_on
    from as_of
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final
