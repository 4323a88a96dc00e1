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

{#
    A select of the rows of a relation with the odds ratio of the table above, its interval
    (Woolf), whether both rows of the table have var minimum_sample, and where they do the
    p-value of an odds ratio of 1 and its q-value among all rows.
#}
{% macro tested_odds_ratios(relation, a, b, c, d) -%}
    {%- set tests -%}
    (
        select
            measured.*,
            exp(log_odds_ratio) as odds_ratio,
            exp(log_odds_ratio - 1.959963984540054 * log_odds_ratio_error) as odds_ratio_low,
            exp(log_odds_ratio + 1.959963984540054 * log_odds_ratio_error) as odds_ratio_high,
            case
                when is_sample_sufficient
                    then {{ two_sided_p("(log_odds_ratio / log_odds_ratio_error)") }}
            end as p_value
        from (
            select
                cells.*,
                {{ log_odds_ratio(a, b, c, d) }} as log_odds_ratio,
                sqrt({{ log_odds_ratio_variance(a, b, c, d) }}) as log_odds_ratio_error,
                {{ a }} + {{ b }} >= {{ var("minimum_sample") }}
                and {{ c }} + {{ d }} >= {{ var("minimum_sample") }} as is_sample_sufficient
            from {{ relation }} as cells
        ) as measured
    )
    {%- endset -%}
    {{ adjusted_p_values(tests, "p_value", ["is_sample_sufficient"]) }}
{%- endmacro %}
