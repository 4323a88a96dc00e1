{#
    A UTC timestamp from text in the form that macros/time/parse_timestamp.sql describes,
    else NULL. The pattern keeps out the many other forms that a cast accepts ('epoch',
    '2024-1-5', 'America/New_York'); it means the same in RE2 and in Java.
#}
{% macro text_to_timestamp(text) -%}
    {{ return(adapter.dispatch("text_to_timestamp")(text)) }}
{%- endmacro %}

{% macro duckdb__text_to_timestamp(text) -%}
    {%- set clock = "replace(replace(substr(trim(" ~ text ~ "), 12), 'UTC', 'Z'), ' ', '')" -%}
    case
        when regexp_full_match(
            trim({{ text }}),
            '\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?\s*(Z|UTC|[+-]\d\d(:?\d\d)?)?'
        )
            then timezone('UTC', try_cast(
                substr(trim({{ text }}), 1, 10) || 'T' || {{ clock }}
                || case when {{ clock }} similar to '.*[Z+-].*' then '' else 'Z' end
                as timestamptz
            ))
    end
{%- endmacro %}

{% macro spark__text_to_timestamp(text) -%}
    {%- set clock = "replace(replace(substr(trim(" ~ text ~ "), 12), 'UTC', 'Z'), ' ', '')" -%}
    case
        when regexp_like(
            trim({{ text }}),
            '^\\d{4}-\\d\\d-\\d\\d[T ]([01]\\d|2[0-3]):\\d\\d:\\d\\d(\\.\\d+)?\\s*(Z|UTC|[+-]\\d\\d(:?\\d\\d)?)?\\z'
        )
            then try_cast(
                substr(trim({{ text }}), 1, 10) || 'T' || {{ clock }}
                || case when regexp_like({{ clock }}, '[Z+-]') then '' else 'Z' end
                as timestamp
            )
    end
{%- endmacro %}
