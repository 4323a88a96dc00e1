{#
    Asymptotic confidence sequence (Waudby-Smith et al. 2021, as in GrowthBook): an interval
    that may be looked at after every conversation and holds at all looks together. `n` is
    the number of conversations of both arms; tuned to be narrowest around 1,000, where
    GrowthBook takes 5,000: much narrower below, and hardly wider far above.
#}

{# rho squared for a level of 95 %. #}
{% macro sequence_rho_squared(tuned_for=1000) -%}
    ((-2 * ln(0.05e0) + ln(-2 * ln(0.05e0) + 1)) / {{ tuned_for }})
{%- endmacro %}

{# Half the width of the 95 % interval, in standard errors (1.96 at a fixed horizon). #}
{% macro anytime_z(n) -%}
    {%- set m = "(" ~ n ~ " * " ~ sequence_rho_squared() ~ ")" -%}
    sqrt(
        2 * ({{ m }} + 1) / nullif({{ m }}, 0)
        * ln(sqrt({{ m }} + 1) / 0.05e0)
    )
{%- endmacro %}

{# The p-value that goes with it: <= 0.05 where |z| >= anytime_z(n). NULL for n = 0. #}
{% macro anytime_p(z, n) -%}
    {%- set m = "(" ~ n ~ " * " ~ sequence_rho_squared() ~ ")" -%}
    (case when {{ n }} > 0 and {{ z }} is not null then least(
        1e0, sqrt({{ m }} + 1) * exp(-{{ z }} * {{ z }} * {{ m }} / (2 * ({{ m }} + 1)))
    ) end)
{%- endmacro %}
