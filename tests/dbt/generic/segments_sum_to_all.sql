{#
    Fails where the segments of a single-valued dimension do not sum to the total: `sums`
    added up for each combination of `keys`. NULL is a value of a key.
#}
{% test segments_sum_to_all(model, keys, sums) %}
with dimensions as (

    select dimension from {{ ref("segment_dimensions") }} where not is_many_valued

),

segments as (

    select
        {{ keys | join(", ") }},
        dimension,
        {%- for column in sums %}
        sum({{ column }}) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ model }}
    group by {{ keys | join(", ") }}, dimension

)

select
    totals.*,
    dimensions.dimension as cut,
    {%- for column in sums %}
    segments.{{ column }} as segments_{{ column }}{{ "," if not loop.last }}
    {%- endfor %}
from {{ model }} as totals
cross join dimensions
left join segments
    on
        dimensions.dimension = segments.dimension
        {%- for key in keys %}
        and totals.{{ key }} is not distinct from segments.{{ key }}
        {%- endfor %}
where
    totals.dimension = 'all'
    and (
        {%- for column in sums %}
        {%- set total, parts = "totals." ~ column, "segments." ~ column %}
        {{ "or " if not loop.first }}{{ total }} is distinct from {{ parts }}
        and (abs({{ total }} - {{ parts }}) <= 1e-9 * (1 + abs({{ total }}))) is not true
        {%- endfor %}
    )
{% endtest %}
