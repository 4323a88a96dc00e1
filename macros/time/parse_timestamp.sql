{#
    A UTC timestamp from the JSON value an export gives.

    Text: `YYYY-MM-DD`, `T` or a blank, `HH:MM:SS`, then optional fraction and zone (`Z`,
    `UTC`, `+HH:MM`, `+HHMM`, `+HH`); without a zone it is UTC. Numbers: seconds since
    1970, above 1e11 milliseconds. Anything else (a date alone, 30 February, second 60,
    'yesterday') is NULL.
#}
{% macro parse_timestamp(json) -%}
    {%- set number = try_double("cast(" ~ json ~ " as string)") -%}
    case {{ json_kind(json) }}
        when 'string' then {{ text_to_timestamp(json_text(json)) }}
        when 'number'
            then {{ micros_to_timestamp(
                "round(" ~ number ~ " * case when abs(" ~ number ~ ") > 1e11 then 1e3 else 1e6 end)"
            ) }}
    end
{%- endmacro %}
