{# Whole weeks from one Monday to another. #}
{% macro weeks_between(earlier, later) -%}
    cast(
        {{ seconds_between("cast(" ~ earlier ~ " as timestamp)", "cast(" ~ later ~ " as timestamp)") }}
        / 604800 as bigint
    )
{%- endmacro %}
