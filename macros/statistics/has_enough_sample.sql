{#
    Whether both groups of compared_ratios have the conversations that a verdict needs (var
    minimum_sample). Never NULL.
#}
{% macro has_enough_sample() -%}
    (least(sample_size, base_sample_size) >= {{ var("minimum_sample") }})
{%- endmacro %}
