{# Every rate of the Agent Assist marts: {name: [figure above, figure below the line]}. #}
{% macro agent_assist_rates() -%}
    {{ return({
        "conversation_trigger_rate": ["annotated_conversations", "conversation_count"],
        "sentence_trigger_rate": ["annotated_sentences", "sentence_count"],
        "click_through_rate": ["clicked_sentences", "displayed_sentences"],
        "effective_click_through_rate": ["effective_responses", "agent_responses"],
        "as_published_effective_click_through_rate":
            ["as_published_effective_responses", "agent_responses"],
        "smart_reply_verbatim_rate": ["smart_replies_verbatim", "smart_replies_followed"],
        "smart_reply_edit_rate": ["smart_replies_edited", "smart_replies_followed"],
        "smart_reply_unused_rate": ["smart_replies_unused", "smart_replies"],
        "as_published_smart_reply_edit_rate":
            ["as_published_smart_replies_contained", "smart_replies"],
        "summary_edit_percentage": ["summaries_edited", "summaries"],
        "as_published_summary_edit_percentage":
            ["as_published_summaries_edited", "as_published_summaries"],
        "summary_edit_distance": ["edit_distance_sum", "summaries_compared"],
        "summary_edit_rate": ["edit_rate_sum", "edit_rate_count"],
        "mean_latency_seconds": ["latency_seconds_sum", "suggestions_timed"],
        "mean_seconds_to_click": ["click_seconds_sum", "clicks_timed"],
    }) }}
{%- endmacro %}

{# Figures and rates of a relation that has the figures, as select items. #}
{% macro agent_assist_columns() -%}
    conversation_count,
        annotated_conversations
    {%- for figure in agent_assist_figures() %},
        {% if figure in agent_assist_amounts() -%}
        cast({{ figure }} as double) as {{ figure }}
        {%- else -%}
        {{ figure }}
        {%- endif -%}
    {%- endfor -%}
    {%- for name, figures in agent_assist_rates().items() %},
        {{ ratio(figures[0], figures[1]) }} as {{ name }}
    {%- endfor -%}
{%- endmacro %}
