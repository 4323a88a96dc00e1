{#
    The continuous percentile of a group's non-NULL values, between order statistics; NULL
    without any. fraction is 0 to 1.
#}
{% macro percentile(value, fraction) -%}
    {{ return(adapter.dispatch("percentile")(value, fraction)) }}
{%- endmacro %}

{% macro duckdb__percentile(value, fraction) -%}
    quantile_cont({{ value }}, {{ fraction }})
{%- endmacro %}

{% macro spark__percentile(value, fraction) -%}
    percentile({{ value }}, {{ fraction }})
{%- endmacro %}
