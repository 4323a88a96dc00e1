{# The wall-clock time of a UTC timestamp in the zone that reports are read in. #}
{% macro reporting_time(timestamp) -%}
    {{ in_time_zone(timestamp, var("reporting_timezone")) }}
{%- endmacro %}
