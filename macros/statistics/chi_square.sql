{#
    P(X > x) of chi-square with a whole number of degrees of freedom, as the finite sum
    that it then is: 1e-13 relative. NULL where df is not 1 to `max_df`, for which the
    terms are written out. Give columns, not expressions.
#}
{% macro chi_square_p(x, df, max_df=100) -%}
    {%- set half = "(" ~ x ~ " / 2e0)" -%}
    {%- set root = "sqrt(" ~ x ~ ")" -%}
    {%- set even, odd = namespace(sql="1e0"), namespace(sql="1e0") -%}
    {%- for k in range(max_df // 2, 0, -1) -%}
        {%- set even.sql = "(1 + case when " ~ df ~ " > " ~ 2 * k ~ " then " ~ half
            ~ " / " ~ k ~ " * " ~ even.sql ~ " else 0 end)" -%}
        {%- set odd.sql = "(1 + case when " ~ df ~ " > " ~ (2 * k + 1) ~ " then " ~ x
            ~ " / " ~ (2 * k + 1) ~ " * " ~ odd.sql ~ " else 0 end)" -%}
    {%- endfor -%}
    (case
        when {{ df }} < 1 or {{ df }} > {{ max_df }} then null
        when {{ x }} <= 0 then 1e0
        when {{ df }} % 2 = 0 then exp(-{{ half }}) * {{ even.sql }}
        when {{ df }} = 1 then {{ two_sided_p(root) }}
        else
            {{ two_sided_p(root) }}
            + exp(-{{ half }}) * {{ root }} * 0.79788456080286535588e0 * {{ odd.sql }}
    end)
{%- endmacro %}
