{#
    Whether both groups of compared_ratios are large enough for a verdict: var
    minimum_sample conversations each and, of a share, so many that ten successes and ten
    failures are to be expected in each. Smaller groups find more by chance than p-values say
    (docs/statistics.md). Never NULL.
#}
{% macro has_enough_sample() -%}
    {%- set smaller = "least(sample_size, base_sample_size)" -%}
    {%- set pooled = ratio(
        "numerator + base_numerator", "denominator + base_denominator"
    ) -%}
    (
        {{ smaller }} >= {{ var("minimum_sample") }}
        and (
            not is_share
            or coalesce(
                {{ smaller }} * least({{ pooled }}, 1 - {{ pooled }}) >= 10, false
            )
        )
    )
{%- endmacro %}
