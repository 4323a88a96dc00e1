{# The segments that are columns of marts.conversations, but for those in `without`. #}
{% macro conversation_segments(without=[]) -%}
    {% do return([
        "channel", "direction", "acquisition", "industry", "company_size", "role",
        "geography", "language", "customer_tier", "intent", "first_message_variant",
        "qualification_path",
    ] | reject("in", without) | list) %}
{%- endmacro %}
