{# What an alert sums up over a window: enough for any metric and its error. #}
{% macro alert_terms() -%}
    {{ return([
        "numerator", "denominator", "sample_size", "sum_xx", "sum_xy", "sum_yy",
    ]) }}
{%- endmacro %}

{# How a value is held against a rule's threshold. #}
{% macro alert_conditions() -%}
    {{ return([
        "drops_below", "exceeds", "deviates_from_baseline", "drops_vs_previous", "spikes",
    ]) }}
{%- endmacro %}

{# Windows of alert rules and their hours. #}
{% macro alert_window_hours() -%}
    {{ return({"1_hour": 1, "4_hours": 4, "1_day": 24, "7_days": 168}) }}
{%- endmacro %}

{# Days before a window that say what is usual: how a conversation varies, and the baseline. #}
{% macro alert_usual_days() -%}
    {{ return(28) }}
{%- endmacro %}

{# The longest that results of a conversation may be waited for (rule column lag_hours). #}
{% macro alert_max_lag_hours() -%}
    {{ return(720) }}
{%- endmacro %}

{# Hours to sum up, so that the first evaluated hour has all that it looks back at. #}
{% macro alert_summed_hours() -%}
    {{ return(
        24 * (var("alert_history_days") + alert_usual_days())
        + alert_window_hours()["7_days"] + alert_max_lag_hours()
    ) }}
{%- endmacro %}
