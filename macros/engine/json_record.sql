{#
    Opens a JSON object into a struct in one pass. `fields` maps a name to a type: text or
    json. What does not fit its type is NULL.
    json_record("properties", {"sender": "text"}) gives a struct with .sender
#}
{% macro json_record(json, fields) -%}
    {{ return(adapter.dispatch("json_record")(json, fields)) }}
{%- endmacro %}

{% macro duckdb__json_record(json, fields) -%}
    {%- set types = {"text": "VARCHAR", "json": "JSON"} -%}
    {%- set structure = {} -%}
    {%- for name, type in fields.items() -%}
        {%- do structure.update({name: types[type]}) -%}
    {%- endfor -%}
    from_json({{ json }}, '{{ tojson(structure) }}')
{%- endmacro %}

{% macro spark__json_record(json, fields) -%}
    named_struct(
        {%- for name, type in fields.items() %}
        '{{ name }}',
            {%- if type == "text" %} get_json_object({{ json }}, '$.{{ name }}')
            {%- else %} {{ json_get(json, "$." ~ name) }}
            {%- endif -%}
            {%- if not loop.last %},{% endif -%}
        {%- endfor %}
    )
{%- endmacro %}
