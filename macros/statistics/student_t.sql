{#
    P(|T| > |t|) of Student's t with any df > 0, whole or not; NULL where df is not. It is
    the incomplete beta function: 20 levels of its continued fraction (Numerical Recipes,
    6.4), 1e-8 relative for any df. Give columns, not expressions.
#}
{% macro student_t_p(t, df) -%}
    {%- set squared = "(" ~ t ~ " * " ~ t ~ ")" -%}
    {%- set half_df = "(" ~ df ~ " / 2e0)" -%}
    {%- set share = "(" ~ df ~ " / (" ~ df ~ " + " ~ squared ~ "))" -%}
    {%- set other_share = "(" ~ squared ~ " / (" ~ df ~ " + " ~ squared ~ "))" -%}
    {%- set weight -%}
        exp(-{{ half_df }} * {{ ln_one_plus("(" ~ squared ~ " / " ~ df ~ ")") }})
        * sqrt({{ other_share }}) * {{ gamma_half_step(half_df) }}
        / 1.7724538509055160273e0
    {%- endset -%}
    (case
        when {{ df }} > 0 and {{ t }} = 0 then 1e0
        when {{ df }} > 0 and {{ squared }} > 3 * {{ df }} / ({{ df }} + 2) then
            {{ weight }} / {{ half_df }} / {{ beta_fraction(half_df, "0.5e0", share) }}
        when {{ df }} > 0 then
            1 - {{ weight }} * 2 / {{ beta_fraction("0.5e0", half_df, other_share) }}
    end)
{%- endmacro %}

{# The continued fraction of the incomplete beta function, that is its reciprocal. #}
{% macro beta_fraction(a, b, x) -%}
    {%- set ns = namespace(sql="1e0") -%}
    {%- for m in range(20, 0, -1) -%}
        {%- set even -%}
            {{ m }} * ({{ b }} - {{ m }}) * {{ x }}
            / (({{ a }} + {{ 2 * m - 1 }}) * ({{ a }} + {{ 2 * m }}))
        {%- endset -%}
        {%- set odd -%}
            ({{ a }} + {{ m - 1 }}) * ({{ a }} + {{ b }} + {{ m - 1 }}) * {{ x }}
            / (({{ a }} + {{ 2 * m - 2 }}) * ({{ a }} + {{ 2 * m - 1 }}))
        {%- endset -%}
        {%- set ns.sql = "(1 - " ~ odd ~ " / (1 + " ~ even ~ " / " ~ ns.sql ~ "))" -%}
    {%- endfor -%}
    {{ ns.sql }}
{%- endmacro %}

{# gamma(a + 1/2) / gamma(a): its asymptotic series at a + 8, stepped down. #}
{% macro gamma_half_step(a) -%}
    {%- set inverse = "(1 / (" ~ a ~ " + 8e0))" -%}
    (
        sqrt({{ a }} + 8e0)
        * {{ polynomial(inverse, [
            "-399e0 / 262144", "-21e0 / 32768", "5e0 / 1024", "1e0 / 128", "-1e0 / 8", "1e0",
        ]) }}
        {%- for k in range(8) %} * ({{ a }} + {{ k }}) / ({{ a }} + {{ k }}.5e0){% endfor %}
    )
{%- endmacro %}

{#
    A select of `columns` of a relation and t_quantile, the t >= 0 with P(|T| > t) = p of
    the columns `p` and `df`; NULL where not 0 < p <= 1 and df >= 1. Five Newton steps from
    the normal quantile, each a nested select, on ln p as a function of
    sqrt(ln(1 + t * t / df)), in which it is smooth: 1e-8 relative.
#}
{% macro student_t_quantiles(relation, columns, p, df) -%}
    {%- set kept = columns | join(", ") -%}
    {%- set ns = namespace() -%}
    {%- set ns.sql -%}
        select {{ kept }}, df, p,
            -1e0 * {{ normal_quantile("half_p") }} / sqrt(df - 0.5e0) as root
        from (
            select {{ kept }},
                cast(case when {{ df }} >= 1 then {{ df }} end as double) as df,
                cast(case when {{ p }} > 0 and {{ p }} <= 1 then {{ p }} end as double) as p,
                cast({{ p }} as double) / 2 as half_p
            from {{ relation }}
        ) as given
    {%- endset -%}
    {%- for step in range(5) -%}
        {%- set ns.sql -%}
            select {{ kept }}, df, p,
                root + (ln({{ student_t_p("t", "df") }}) - ln(p))
                * {{ student_t_p("t", "df") }} * coalesce(t / nullif(root, 0), 0)
                * exp(root * root * (df - 1) / 2) * sqrt(3.1415926535897932385e0 / df)
                / (2 * {{ gamma_half_step("(df / 2)") }}) as root
            from (
                select {{ kept }}, df, p, root,
                    sqrt(df * {{ exp_minus_one("(root * root)") }}) as t
                from ({{ ns.sql }}) as step_{{ step }}
            ) as step_{{ step }}_as_t
        {%- endset -%}
    {%- endfor -%}
    select {{ kept }}, sqrt(df * {{ exp_minus_one("(root * root)") }}) as t_quantile
    from ({{ ns.sql }}) as solved
{%- endmacro %}
