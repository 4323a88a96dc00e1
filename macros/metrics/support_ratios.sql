{# The ratios that the support marts show side by side, as metrics() declares them. #}
{% macro support_ratios() -%}
    {{ return([
        "resolution_minutes", "resolution_rate", "csat_average", "csat_detractor_rate",
        "csat_response_rate", "escalation_rate", "turns_per_conversation",
        "cost_per_conversation", "cost_per_resolution",
    ]) }}
{%- endmacro %}
