{#
    Chi-square of the sample-ratio check, an aggregate over the arms of an experiment:
    `observed` units against `expected_share` (which sum to 1) of `total`. Its p-value is
    chi_square_p with arms - 1 degrees of freedom; below 0.001 the split is broken.
#}
{% macro sample_ratio_chi_square(observed, expected_share, total) -%}
    sum(
        power({{ observed }} - {{ expected_share }} * {{ total }}, 2)
        / nullif(cast({{ expected_share }} * {{ total }} as double), 0)
    )
{%- endmacro %}
