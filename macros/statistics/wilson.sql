{#
    Wilson's interval of a rate from its successes and trials; `z` is the normal quantile
    of the level, 95 % as given. NULL without trials, or where the successes are not among
    the trials.
#}
{% macro wilson_low(successes, trials, z=1.959963984540054) -%}
    {{ wilson_bound(successes, trials, z, "-") }}
{%- endmacro %}

{% macro wilson_high(successes, trials, z=1.959963984540054) -%}
    {{ wilson_bound(successes, trials, z, "+") }}
{%- endmacro %}

{% macro wilson_bound(successes, trials, z, sign) -%}
    (case when {{ trials }} > 0 and {{ successes }} between 0 and {{ trials }} then
        least(1e0, greatest(0e0, (
            2 * {{ successes }} + {{ z }} * {{ z }}
            {{ sign }} {{ z }} * sqrt(
                {{ z }} * {{ z }}
                + 4e0 * {{ successes }} * ({{ trials }} - {{ successes }}) / {{ trials }}
            )
        ) / (2e0 * ({{ trials }} + {{ z }} * {{ z }}))))
    end)
{%- endmacro %}
