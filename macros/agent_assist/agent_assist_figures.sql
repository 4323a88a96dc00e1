{# Names of the additive figures of a conversation's suggestions. #}
{% macro agent_assist_figures() -%}
    {{ return([
        "sentence_count",
        "suggestions",
        "annotated_sentences",
        "displayed_sentences",
        "clicked_sentences",
        "clicked_undisplayed_sentences",
        "suggestions_timed",
        "latency_seconds_sum",
        "clicks_timed",
        "click_seconds_sum",
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
        "as_published_summaries",
        "as_published_summaries_edited",
    ]) }}
{%- endmacro %}

{# Those that are no whole numbers. #}
{% macro agent_assist_amounts() -%}
    {{ return(["latency_seconds_sum", "click_seconds_sum", "edit_rate_sum"]) }}
{%- endmacro %}

{# Their sums as select items, the same in any order of the rows. #}
{% macro agent_assist_sums(figures) -%}
    {%- for figure in figures %}
        {%- if figure in agent_assist_amounts() %}
        cast(sum({{ exact_amount(figure) }}) as decimal(38, 9)) as {{ figure }}
        {%- else %}
        cast(sum({{ figure }}) as bigint) as {{ figure }}
        {%- endif -%}
        {%- if not loop.last %},{% endif -%}
    {%- endfor -%}
{%- endmacro %}
