{#
    P(X > x) of chi-square with a whole number of degrees of freedom, as the finite sum
    that it then is: 1e-12 relative. NULL where df is not 1 to `max_df`, for which the
    terms are written out. Give columns, not expressions.
#}
{% macro chi_square_p(x, df, max_df=30) -%}
    {%- set root = "sqrt(" ~ x ~ ")" -%}
    {%- set factors = namespace(even=1.0, odd=1.0) -%}
    (case
        when {{ df }} < 1 or {{ df }} > {{ max_df }} then null
        when {{ x }} <= 0 then 1e0
        when {{ df }} % 2 = 0 then exp(-{{ x }} / 2e0)
        {%- for k in range(1, (max_df + 1) // 2) %}
        {%- set factors.even = factors.even * k %}
        + case when {{ df }} > {{ 2 * k }}
            then exp({{ k }} * ln({{ x }} / 2e0) - {{ x }} / 2e0) / {{ factors.even }}
            else 0e0
        end
        {%- endfor %}
        else {{ two_sided_p(root) }}
        {%- for k in range(max_df // 2) %}
        {%- set factors.odd = factors.odd * (2 * k + 1) %}
        + case when {{ df }} > {{ 2 * k + 1 }}
            then exp({{ k }}.5e0 * ln({{ x }}) - {{ x }} / 2e0)
                * {{ 0.7978845608028654 / factors.odd }}
            else 0e0
        end
        {%- endfor %}
    end)
{%- endmacro %}
