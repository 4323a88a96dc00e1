{# The JSON value of the property whose name is in a column. #}
{% macro json_property(json, name) -%}
    {{ return(adapter.dispatch("json_property")(json, name)) }}
{%- endmacro %}

{% macro duckdb__json_property(json, name) -%}
    json_extract({{ json }}, '$."' || {{ name }} || '"')
{%- endmacro %}

{# As json_get. #}
{% macro spark__json_property(json, name) -%}
    coalesce(
        get_json_object('[' || {{ json }} || ']', '$[*][''' || {{ name }} || ''']'),
        case when array_contains(json_object_keys({{ json }}), {{ name }}) then 'null' end
    )
{%- endmacro %}
