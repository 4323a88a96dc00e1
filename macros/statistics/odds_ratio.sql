{#
    The logarithm of the odds ratio of a table of two by two, and its variance:

                     success   failure
        with            a         b
        without         c         d

    Half is added to each cell (Haldane, Anscombe), so that an empty cell gives a number,
    and small tables are less biased.
#}
{% macro log_odds_ratio(a, b, c, d) -%}
    ln(({{ a }} + 0.5e0) * ({{ d }} + 0.5e0) / (({{ b }} + 0.5e0) * ({{ c }} + 0.5e0)))
{%- endmacro %}

{% macro log_odds_ratio_variance(a, b, c, d) -%}
    (1e0 / ({{ a }} + 0.5e0) + 1e0 / ({{ b }} + 0.5e0) + 1e0 / ({{ c }} + 0.5e0) + 1e0 / ({{ d }} + 0.5e0))
{%- endmacro %}
