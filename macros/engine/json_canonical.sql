{# JSON text that does not depend on the order of keys: equal objects, equal text. #}
{% macro json_canonical(json) -%}
    {{ return(adapter.dispatch("json_canonical")(json)) }}
{%- endmacro %}

{% macro duckdb__json_canonical(json) -%}
    cast(cast(cast(cast({{ json }} as json) as variant) as json) as string)
{%- endmacro %}

{#
    Spark has it for a variant, which writes 2.0 as 2. So that numbers are the same text on
    both engines, the properties of an object are written one by one.
#}
{% macro spark__json_canonical(json) -%}
    case
        when {{ json_kind(json) }} = 'object'
            then '{' || array_join(transform(
                array_sort(json_object_keys({{ json }})),
                name -> to_json(cast(name as variant)) || ':' || case
                    when {{ json_kind(json_property(json, "name")) }} in ('object', 'array')
                        then coalesce(
                            to_json(try_parse_json({{ json_property(json, "name") }})),
                            {{ json_property(json, "name") }}
                        )
                    else {{ json_property(json, "name") }}
                end
            ), ',') || '}'
        else coalesce(to_json(try_parse_json({{ json }})), {{ json }})
    end
{%- endmacro %}
