{#
    A select of the rows of a relation with the p-values of each family (`partition_by`, a
    list of columns) adjusted for their number: tests_in_family, p_holm (Holm: at most 5 %
    of families with a false find under 0.05) and q_value (Benjamini-Hochberg: at most 5 %
    of the finds false). A NULL `p` is no test and stays NULL. p_rank is a helper.
#}
{% macro adjusted_p_values(relation, p, partition_by) -%}
    {%- set family = partition_by | join(", ") -%}
    select
        ranked.*,
        case when {{ p }} is not null then least(1e0, max(
            {{ p }} * (tests_in_family - p_rank + 1)
        ) over (
            partition by {{ family }} order by p_rank
            rows between unbounded preceding and current row
        )) end as p_holm,
        case when {{ p }} is not null then least(1e0, min(
            {{ p }} * {{ ratio("tests_in_family", "p_rank") }}
        ) over (
            partition by {{ family }} order by p_rank
            rows between current row and unbounded following
        )) end as q_value
    from (
        select
            tests.*,
            count({{ p }}) over (partition by {{ family }}) as tests_in_family,
            row_number() over (
                partition by {{ family }} order by {{ p }} nulls last
            ) as p_rank
        from {{ relation }} as tests
    ) as ranked
{%- endmacro %}
