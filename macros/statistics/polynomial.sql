{# A polynomial by Horner's rule; coefficients from the highest power down to 1. #}
{% macro polynomial(x, coefficients) -%}
    {%- set ns = namespace(sql=coefficients[0]) -%}
    {%- for coefficient in coefficients[1:] -%}
        {%- set ns.sql = "(" ~ ns.sql ~ " * " ~ x ~ " + " ~ coefficient ~ ")" -%}
    {%- endfor -%}
    {{ ns.sql }}
{%- endmacro %}

{# ln(1 + u) for u >= 0, exact for small u too, where 1 + u would round u away. #}
{% macro ln_one_plus(u) -%}
    (case
        when {{ u }} < 0.001 then
            {{ u }} * {{ polynomial(u, ["0.2e0", "-0.25e0", "1e0/3", "-0.5e0", "1e0"]) }}
        else ln(1 + {{ u }})
    end)
{%- endmacro %}

{# exp(u) - 1 for u >= 0, exact for small u too. #}
{% macro exp_minus_one(u) -%}
    (case
        when {{ u }} < 0.001 then
            {{ u }} * {{ polynomial(u, ["1e0 / 120", "1e0 / 24", "1e0 / 6", "0.5e0", "1e0"]) }}
        else exp({{ u }}) - 1
    end)
{%- endmacro %}
