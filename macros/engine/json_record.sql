{#
    Opens a JSON object into a struct in one pass. `fields` maps a name to a type:
    text, json, double or boolean. What does not fit its type is NULL.
    json_record("properties", {"sender": "text"}) gives a struct with .sender
#}
{% macro json_record(json, fields) -%}
    {{ return(adapter.dispatch("json_record")(json, fields)) }}
{%- endmacro %}

{% macro duckdb__json_record(json, fields) -%}
    {%- set types = {"text": "VARCHAR", "json": "JSON", "double": "DOUBLE", "boolean": "BOOLEAN"} -%}
    {%- set structure = {} -%}
    {%- for name, type in fields.items() -%}
        {%- do structure.update({name: types[type]}) -%}
    {%- endfor -%}
    from_json({{ json }}, '{{ tojson(structure) }}')
{%- endmacro %}
