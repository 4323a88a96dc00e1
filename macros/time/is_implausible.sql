{#
    True where a time is known and cannot be right: before var('earliest_plausible_at')
    or more than a day after it was landed.
#}
{% macro is_implausible(timestamp, landed_at) -%}
    coalesce(
        {{ timestamp }} < cast('{{ var("earliest_plausible_at") }}' as timestamp)
        or {{ timestamp_to_micros(timestamp) }}
        > {{ timestamp_to_micros(landed_at) }} + 86400000000,
        false
    )
{%- endmacro %}
