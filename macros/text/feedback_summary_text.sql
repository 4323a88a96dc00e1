{# The summary that the agent sent back as feedback, NULL where there is none. #}
{% macro feedback_summary_text(feedback) -%}
    case
        when {{ json_kind(json_get(feedback, "$.summarizationFeedback.summaryText")) }} = 'string'
            then {{ json_text(json_get(feedback, "$.summarizationFeedback.summaryText")) }}
    end
{%- endmacro %}
