{#
    The summary that an annotation suggests, NULL where it suggests none. Legacy
    summaries carry it as text, generators as sections, which one space joins.
#}
{% macro summary_text(annotation_type, record) -%}
    case {{ annotation_type }}
        when 'CONVERSATION_SUMMARIZATION_SUGGESTION'
            then {{ json_get_text(record, "$.text") }}
        when 'GENERATOR_SUGGESTION_RESULT'
            then
                case
                    when {{ json_get(record, "$.generatorSuggestion.summarySuggestion") }} is not null
                        then {{ json_list_texts(
                            json_get(record, "$.generatorSuggestion.summarySuggestion.summarySections"),
                            "summary",
                        ) }}
                end
    end
{%- endmacro %}
