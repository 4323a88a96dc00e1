{# What pysail 0.7 does not know of Spark, or does otherwise, in words that it knows. #}

{# Of get_json_object it has no [*], and its variant writes 2.0 as 2. #}
{% macro spark__json_get(json, path) -%}
    {%- set value = "to_json(try_variant_get(try_parse_json(" ~ json ~ "), '" ~ path ~ "'))" -%}
    case
        when startswith({{ value }}, '"') then {{ value }}
        else coalesce(get_json_object({{ json }}, '{{ path }}'), {{ value }})
    end
{%- endmacro %}

{# The path of a variant has to be a constant there. #}
{% macro spark__json_property(json, name) -%}
    {%- set text = "get_json_object(" ~ json ~ ", '$.' || " ~ name ~ ")" -%}
    {%- set quoted = "to_json(cast(" ~ text ~ " as variant))" -%}
    case
        when contains(
            to_json(try_parse_json({{ json }})),
            to_json(cast({{ name }} as variant)) || ':' || {{ quoted }}
        ) then {{ quoted }}
        when {{ text }} is not null then {{ text }}
        when array_contains(json_object_keys({{ json }}), {{ name }}) then 'null'
    end
{%- endmacro %}

{# No array of variants, no filter over a lambda: the first nine elements. #}
{% macro spark__json_list_texts(json, property) -%}
    concat_ws(
        ' '
        {%- for place in range(9) -%}
            , get_json_object({{ json }}, '$[{{ place }}].{{ property }}')
        {%- endfor -%}
    )
{%- endmacro %}

{# No Java: a pattern that is none ends the query. #}
{% macro spark__pattern_matches(text, pattern) -%}
    regexp_like({{ text }}, {{ pattern }})
{%- endmacro %}
