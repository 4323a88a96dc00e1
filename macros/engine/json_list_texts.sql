{#
    One text property of every object in a JSON array, joined by one space in their
    order; '' for no array and for an empty one.
#}
{% macro json_list_texts(json, property) -%}
    {{ return(adapter.dispatch("json_list_texts")(json, property)) }}
{%- endmacro %}

{% macro duckdb__json_list_texts(json, property) -%}
    case
        when {{ json_kind(json) }} = 'array'
            then coalesce(array_to_string(
                list_transform(
                    list_filter(
                        cast({{ json }} as json[]),
                        lambda element: substr(cast(element as string), 1, 1) = '{'
                    ),
                    lambda element: coalesce(
                        json_extract_string(element, '$.{{ property }}'), ''
                    )
                ),
                ' '
            ), '')
        else ''
    end
{%- endmacro %}

{% macro spark__json_list_texts(json, property) -%}
    case
        when {{ json_kind(json) }} = 'array'
            then coalesce(array_join(
                transform(
                    filter(
                        from_json({{ json }}, 'array<variant>'),
                        element -> startswith(to_json(element), '{')
                    ),
                    element -> coalesce(
                        try_variant_get(element, '$.{{ property }}', 'string'), ''
                    )
                ),
                ' '
            ), '')
        else ''
    end
{%- endmacro %}
