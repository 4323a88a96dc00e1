{# The wall-clock time in an IANA zone of a UTC timestamp. #}
{% macro in_time_zone(timestamp, zone) -%}
    {{ return(adapter.dispatch("in_time_zone")(timestamp, zone)) }}
{%- endmacro %}

{% macro duckdb__in_time_zone(timestamp, zone) -%}
    timezone('{{ zone }}', timezone('UTC', {{ timestamp }}))
{%- endmacro %}
