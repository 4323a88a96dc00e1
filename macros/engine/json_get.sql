{# The JSON value at a constant path such as '$.reply', NULL where there is none. #}
{% macro json_get(json, path) -%}
    {{ return(adapter.dispatch("json_get")(json, path)) }}
{%- endmacro %}

{% macro duckdb__json_get(json, path) -%}
    json_extract({{ json }}, '{{ path }}')
{%- endmacro %}

{#
    JSON is text on Spark. get_json_object takes the quotes off a string, but not within a
    list; it does not tell null from nothing.
#}
{% macro spark__json_get(json, path) -%}
    coalesce(
        get_json_object('[' || {{ json }} || ']', '$[*]{{ path[1:] }}'),
        case
            when is_variant_null(try_variant_get(try_parse_json({{ json }}), '{{ path }}'))
                then 'null'
        end
    )
{%- endmacro %}
