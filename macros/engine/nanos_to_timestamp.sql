{# A UTC timestamp (microseconds, the rest cut off) from nanoseconds since 1970. #}
{% macro nanos_to_timestamp(nanos) -%}
    {{ return(adapter.dispatch("nanos_to_timestamp")(nanos)) }}
{%- endmacro %}

{% macro duckdb__nanos_to_timestamp(nanos) -%}
    make_timestamp({{ nanos }} // 1000)
{%- endmacro %}

{% macro spark__nanos_to_timestamp(nanos) -%}
    timestamp_micros({{ nanos }} div 1000)
{%- endmacro %}
