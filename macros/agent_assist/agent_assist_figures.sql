{# Names of the additive figures of a conversation's suggestions. #}
{% macro agent_assist_figures() -%}
    {{ return([
        "sentence_count",
        "suggestions",
        "annotated_sentences",
        "displayed_sentences",
        "clicked_sentences",
        "clicked_undisplayed_sentences",
        "agent_responses",
        "effective_responses",
        "as_published_effective_responses",
        "smart_replies",
        "smart_replies_followed",
        "smart_replies_verbatim",
        "smart_replies_edited",
        "smart_replies_unused",
        "as_published_smart_replies_contained",
        "as_published_smart_replies_failing",
        "summaries",
        "summaries_edited",
        "summaries_compared",
        "edit_distance_sum",
        "edit_rate_sum",
        "edit_rate_count",
        "as_published_summaries_edited",
    ]) }}
{%- endmacro %}
