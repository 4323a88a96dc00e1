{# A UTC timestamp from microseconds since 1970, NULL outside the years 1 to 9999. #}
{% macro micros_to_timestamp(micros) -%}
    {{ return(adapter.dispatch("micros_to_timestamp")(micros)) }}
{%- endmacro %}

{% macro duckdb__micros_to_timestamp(micros) -%}
    case
        when {{ micros }} between -62135596800000000 and 253402300799999999
            then make_timestamp(cast({{ micros }} as bigint))
    end
{%- endmacro %}

{% macro spark__micros_to_timestamp(micros) -%}
    case
        when {{ micros }} between -62135596800000000 and 253402300799999999
            then timestamp_micros(cast({{ micros }} as bigint))
    end
{%- endmacro %}
