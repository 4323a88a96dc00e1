{#
    What is the same in every message made from one template: lower case, one space
    between words, and in the place of what was filled in <url>, <email>, <number> and
    <name>. A name is a run of capitalised words that does not begin a sentence; German
    nouns and products are names too, so some templates fall together, none fall apart.
    NULL for NULL and for nothing but spaces.
#}
{% macro message_template(text) -%}
    {{ return(adapter.dispatch("message_template")(text)) }}
{%- endmacro %}

{% macro duckdb__message_template(text) -%}
    {%- set addressed -%}
        case
            when contains({{ text }}, '@') or contains({{ text }}, '://') or contains({{ text }}, 'www.')
                then regexp_replace(
                    regexp_replace({{ text }}, '(\w+://|www\.)\S*[\w/]', '<url>', 'g'),
                    '[\w.+-]+@[\w-]+(\.[\w-]+)+', '<email>', 'g'
                )
            else {{ text }}
        end
    {%- endset -%}
    nullif(trim(lower(regexp_replace(
        regexp_replace(
            regexp_replace(
                {{ addressed }},
                '([^\s.!?:¿¡]\s+)\p{Lu}[\p{L}''’-]+(\s+\p{Lu}[\p{L}''’-]+)*', '\1<name>', 'g'
            ),
            '\d+([.,:/-]\d+)*', '<number>', 'g'
        ),
        '\s+', ' ', 'g'
    ))), '')
{%- endmacro %}

{# The same patterns in Java's notation, in literals where a backslash is written twice. #}
{% macro spark__message_template(text) -%}
    nullif(trim(lower(regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace({{ text }}, '(\\w+://|www\\.)\\S*[\\w/]', '<url>'),
                    '[\\w.+-]+@[\\w-]+(\\.[\\w-]+)+', '<email>'
                ),
                '([^\\s.!?:¿¡]\\s+)\\p{Lu}[\\p{L}''’-]+(\\s+\\p{Lu}[\\p{L}''’-]+)*', '$1<name>'
            ),
            '\\d+([.,:/-]\\d+)*', '<number>'
        ),
        '\\s+', ' '
    ))), '')
{%- endmacro %}
