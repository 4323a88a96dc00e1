{# The wall-clock time in an IANA zone of a UTC timestamp. #}
{% macro in_time_zone(timestamp, zone) -%}
    {{ return(adapter.dispatch("in_time_zone")(timestamp, zone)) }}
{%- endmacro %}

{% macro duckdb__in_time_zone(timestamp, zone) -%}
    timezone('{{ zone }}', timezone('UTC', {{ timestamp }}))
{%- endmacro %}

{# The session is in UTC (profiles.yml), so a timestamp is its own wall-clock time. #}
{% macro spark__in_time_zone(timestamp, zone) -%}
    from_utc_timestamp({{ timestamp }}, '{{ zone }}')
{%- endmacro %}
