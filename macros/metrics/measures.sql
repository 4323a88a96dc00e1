{#
    What one conversation adds to the metrics, by name. A flag is 1 where its condition
    holds, a count is a whole number, an amount any number; all are 0 where the
    conversation has none. SQL over what int_conversations_measured joins.
#}
{% macro measures() -%}
    {%- set in_sales = "conversations.in_events" -%}
    {%- set timely = "not conversations.has_implausible_time" -%}
    {{ return({
        "flag": {
            "conversations": "true",
            "worded_conversations": in_sales ~ " or conversations.in_insights",
            "sales_conversations": in_sales,
            "support_conversations": "conversations.in_support_metrics",
            "served_conversations": in_sales ~ " or conversations.in_support_metrics",
            "assisted_conversations": "conversations.in_insights",
            "timed_conversations": "conversations.duration_seconds is not null and " ~ timely,
            "responded": "conversations.is_responded",
            "engaged": in_sales ~ " and conversations.customer_messages >= 2",
            "qualified": "conversations.is_qualified",
            "booked": "conversations.is_booked",
            "attended": "conversations.is_attended",
            "opportunities": "conversations.is_opportunity",
            "converted": "conversations.is_converted",
            "qualified_in_time": "conversations.qualified_at is not null and " ~ timely,
            "booked_in_time": "conversations.booked_at is not null and " ~ timely,
            "escalatable": in_sales ~ " or metric_points.escalation_count > 0",
            "escalated": "conversations.is_escalated",
            "taken_over": "conversations.has_human_takeover",
            "automated": in_sales ~ " and not conversations.has_human_takeover"
                ~ " and not conversations.is_escalated",
            "with_sentiment_trend": in_sales
                ~ " and conversations.sentiment_trend is not null",
            "surveyed": "conversations.csat_count > 0",
            "costed": "conversations.cost is not null",
            "resolved_with_cost": "conversations.is_resolved"
                ~ " and conversations.cost is not null",
            "with_suggestion": "suggestions.annotated_sentences > 0",
        },
        "count": {
            "messages": "conversations.message_count",
            "bot_messages": "conversations.bot_messages",
            "human_messages": "conversations.human_messages",
            "sales_bot_messages": only(in_sales, "conversations.bot_messages"),
            "touches": only(
                "conversations.is_converted",
                "conversations.bot_messages + conversations.agent_messages",
            ),
            "responses": "exchanges.response_count",
            "messages_with_sentiment": only(in_sales, "exchanges.sentiment_count"),
            "intents_judged": only(in_sales, "exchanges.intent_judged_count"),
            "intents_correct": only(in_sales, "exchanges.intent_correct_count"),
            "replies_judged": only(in_sales, "exchanges.reply_judged_count"),
            "replies_appropriate": only(in_sales, "exchanges.reply_appropriate_count"),
            "fallbacks": "conversations.fallback_count",
            "errors": "conversations.error_count",
            "csat_scores": "conversations.csat_count",
            "csat_detractors": "conversations.csat_detractor_count",
            "resolution_points": "metric_points.resolution_minutes_count",
            "resolution_verdicts": "metric_points.resolution_verdict_count",
            "resolved_points": "metric_points.resolved_count",
            "turn_points": "metric_points.turns_count",
            "sentences": "suggestions.sentence_count",
            "annotated_sentences": "suggestions.annotated_sentences",
            "displayed_sentences": "suggestions.displayed_sentences",
            "clicked_sentences": "suggestions.clicked_sentences",
            "agent_responses": "suggestions.agent_responses",
            "effective_responses": "suggestions.effective_responses",
            "smart_replies_followed": "suggestions.smart_replies_followed",
            "smart_replies_verbatim": "suggestions.smart_replies_verbatim",
            "smart_replies_edited": "suggestions.smart_replies_edited",
            "summaries": "suggestions.summaries",
            "summaries_edited": "suggestions.summaries_edited",
            "summaries_compared": "suggestions.summaries_compared",
            "summaries_rated": "suggestions.edit_rate_count",
            "edit_distance": "suggestions.edit_distance_sum",
        },
        "amount": {
            "revenue": "conversations.revenue",
            "sentiment": only(in_sales, "exchanges.sentiment_sum"),
            "sentiment_trend": only(in_sales, "conversations.sentiment_trend"),
            "response_seconds": "exchanges.response_seconds_sum",
            "duration_seconds": only(timely, "conversations.duration_seconds"),
            "seconds_to_qualification": only(
                timely,
                seconds_between("conversations.started_at", "conversations.qualified_at"),
            ),
            "seconds_to_booking": only(
                timely, seconds_between("conversations.started_at", "conversations.booked_at")
            ),
            "csat_points": "conversations.csat_sum",
            "resolution_minutes": "metric_points.resolution_minutes_sum",
            "turns": "metric_points.turns_sum",
            "cost": "conversations.cost",
            "cost_with_verdict": only(
                "conversations.is_resolved is not null", "conversations.cost"
            ),
            "edit_rate": "suggestions.edit_rate_sum",
        },
    }) }}
{%- endmacro %}

{# A value that only conversations under a condition have. #}
{% macro only(condition, value) -%}
    case when {{ condition }} then {{ value }} end
{%- endmacro %}

{# The names of all measures, flags first. #}
{% macro measure_names() -%}
    {%- set names = [] -%}
    {%- for kind, of_kind in measures().items() -%}
        {%- do names.extend(of_kind) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
