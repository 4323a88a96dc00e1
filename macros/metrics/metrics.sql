{#
    Every metric, declared once: numerator and denominator are measures (measures.sql), the
    rest says how to read it. A metric is sum(numerator) / sum(denominator) over
    conversations; a `total` is its numerator, and its denominator counts the conversations
    that had a say. `is_nested`: the numerator is 0 wherever the denominator is 0.
    `is_share`: 0 or 1 out of 0 or 1 a conversation and nested, so a proportion.
#}
{% macro metrics() -%}
    {{ return(declared(
        volume_metrics() + conversion_metrics() + quality_metrics()
        + efficiency_metrics() + support_metrics() + agent_assist_metrics()
    )) }}
{%- endmacro %}

{# Metrics with what most of them have in common filled in. #}
{% macro declared(metrics) -%}
    {%- set filled = [] -%}
    {%- for metric in metrics -%}
        {%- set whole = {"kind": "ratio", "is_share": false, "is_nested": true, "notes": ""} -%}
        {%- do whole.update(metric) -%}
        {%- do filled.append(whole) -%}
    {%- endfor -%}
    {{ return(filled) }}
{%- endmacro %}

{% macro volume_metrics() -%}
    {{ return([
        {
            "name": "conversations_started", "label": "Conversations started", "kind": "total",
            "numerator": "conversations", "denominator": "conversations",
            "population": "conversations", "unit": "conversations", "direction": "up",
            "document": "sales bot",
            "definition": "Conversations of any system.",
        },
        {
            "name": "messages_per_conversation", "label": "Messages per conversation",
            "numerator": "messages", "denominator": "worded_conversations",
            "population": "worded_conversations", "unit": "messages", "direction": "none",
            "document": "sales bot",
            "definition": "Messages of any sender over conversations of the events and the "
                ~ "insights export.",
        },
        {
            "name": "bot_messages_per_conversation", "label": "Bot messages per conversation",
            "numerator": "bot_messages", "denominator": "worded_conversations",
            "population": "worded_conversations", "unit": "messages", "direction": "none",
            "document": "sales bot",
            "definition": "Messages of the bot over conversations of the events and the "
                ~ "insights export.",
        },
        {
            "name": "human_messages_per_conversation",
            "label": "Human messages per conversation",
            "numerator": "human_messages", "denominator": "worded_conversations",
            "population": "worded_conversations", "unit": "messages", "direction": "none",
            "document": "sales bot",
            "definition": "Messages whose sender is not the bot, customers and agents alike.",
            "notes": "Some dashboards count agents only; marts.conversations has both.",
        },
    ]) }}
{%- endmacro %}

{% macro conversion_metrics() -%}
    {{ return([
        {
            "name": "response_rate", "label": "Response rate",
            "numerator": "responded", "denominator": "sales_conversations",
            "population": "sales_conversations", "unit": "share", "direction": "up",
            "is_share": true, "document": "sales bot",
            "definition": "Conversations with a customer's message over all started.",
            "notes": "The document leaves open what a response is; a reply to a message sent "
                ~ "is the other reading.",
        },
        {
            "name": "engagement_rate", "label": "Engagement rate",
            "numerator": "engaged", "denominator": "sales_conversations",
            "population": "sales_conversations", "unit": "share", "direction": "up",
            "is_share": true, "document": "sales bot",
            "definition": "Conversations in which the customer wrote twice or more over all "
                ~ "started.",
            "notes": "The document names the rate and does not define it.",
        },
        {
            "name": "qualification_rate", "label": "Qualification rate",
            "numerator": "qualified", "denominator": "responded",
            "population": "sales_conversations", "unit": "share", "direction": "up",
            "is_nested": false, "document": "sales bot",
            "definition": "Qualified conversations over those that responded, in any order.",
            "notes": "Any order, as published: it can exceed 1. In order: marts.funnel_summary.",
        },
        {
            "name": "booking_rate", "label": "Meeting booking rate",
            "numerator": "booked", "denominator": "qualified",
            "population": "sales_conversations", "unit": "share", "direction": "up",
            "is_nested": false, "document": "sales bot",
            "definition": "Conversations with a meeting booked over those qualified, in any order.",
            "notes": "Any order, as published: it can exceed 1. In order: marts.funnel_summary.",
        },
        {
            "name": "show_rate", "label": "Show rate",
            "numerator": "attended", "denominator": "booked",
            "population": "sales_conversations", "unit": "share", "direction": "up",
            "is_nested": false, "document": "sales bot",
            "definition": "Conversations with a meeting attended over those booked, in any order.",
            "notes": "Any order, as published: it can exceed 1. In order: marts.funnel_summary.",
        },
        {
            "name": "opportunity_rate", "label": "Opportunity rate",
            "numerator": "opportunities", "denominator": "attended",
            "population": "sales_conversations", "unit": "share", "direction": "up",
            "is_nested": false, "document": "sales bot",
            "definition": "Conversations with an opportunity over those with a meeting "
                ~ "attended, in any order.",
            "notes": "Any order, as published: it can exceed 1. In order: marts.funnel_summary.",
        },
        {
            "name": "conversion_rate", "label": "Conversion rate",
            "numerator": "converted", "denominator": "attended",
            "population": "sales_conversations", "unit": "share", "direction": "up",
            "is_nested": false, "document": "sales bot",
            "definition": "Conversations with a deal closed over those with a meeting "
                ~ "attended, in any order, as the document has it.",
            "notes": "Many tools divide by all conversations: overall_conversion_rate.",
        },
        {
            "name": "overall_conversion_rate", "label": "Overall conversion rate",
            "numerator": "converted", "denominator": "sales_conversations",
            "population": "sales_conversations", "unit": "share", "direction": "up",
            "is_share": true, "document": "sales bot",
            "definition": "Conversations with a deal closed over all started.",
        },
        {
            "name": "qualified_leads", "label": "Qualified leads", "kind": "total",
            "numerator": "qualified", "denominator": "sales_conversations",
            "population": "sales_conversations", "unit": "conversations", "direction": "up",
            "is_share": true, "document": "sales bot",
            "definition": "Conversations that were qualified.",
        },
        {
            "name": "meetings_booked", "label": "Meetings booked", "kind": "total",
            "numerator": "booked", "denominator": "sales_conversations",
            "population": "sales_conversations", "unit": "conversations", "direction": "up",
            "is_share": true, "document": "sales bot",
            "definition": "Conversations with a meeting booked; two bookings of one are one.",
        },
        {
            "name": "deals_closed", "label": "Deals closed", "kind": "total",
            "numerator": "converted", "denominator": "sales_conversations",
            "population": "sales_conversations", "unit": "conversations", "direction": "up",
            "is_share": true, "document": "sales bot",
            "definition": "Conversations with a deal closed; two deals of one are one.",
        },
        {
            "name": "revenue_attributed", "label": "Revenue attributed", "kind": "total",
            "numerator": "revenue", "denominator": "sales_conversations",
            "population": "sales_conversations", "unit": "currency", "direction": "up",
            "document": "sales bot",
            "definition": "Sum of the amounts of closed deals, all deals of a conversation.",
        },
    ]) }}
{%- endmacro %}

{% macro quality_metrics() -%}
    {{ return([
        {
            "name": "sentiment_average", "label": "Average sentiment",
            "numerator": "sentiment", "denominator": "messages_with_sentiment",
            "population": "sales_conversations", "unit": "score", "direction": "up",
            "document": "sales bot",
            "definition": "Mean sentiment of the messages that carry one.",
        },
        {
            "name": "sentiment_trend", "label": "Sentiment trend",
            "numerator": "sentiment_trend", "denominator": "with_sentiment_trend",
            "population": "sales_conversations", "unit": "score", "direction": "up",
            "document": "sales bot",
            "definition": "Mean over conversations of the last sentiment minus the first.",
        },
        {
            "name": "understanding_accuracy", "label": "Understanding accuracy",
            "numerator": "intents_correct", "denominator": "intents_judged",
            "population": "sales_conversations", "unit": "share", "direction": "up",
            "document": "sales bot",
            "definition": "Messages whose intent was judged right over messages judged "
                ~ "(property intent_correct).",
        },
        {
            "name": "response_appropriateness", "label": "Response appropriateness",
            "numerator": "replies_appropriate", "denominator": "replies_judged",
            "population": "sales_conversations", "unit": "share", "direction": "up",
            "document": "sales bot",
            "definition": "Messages judged appropriate over messages judged "
                ~ "(property response_appropriate).",
        },
        {
            "name": "fallback_rate", "label": "Fallback rate",
            "numerator": "fallbacks", "denominator": "sales_bot_messages",
            "population": "sales_conversations", "unit": "share", "direction": "down",
            "is_nested": false, "document": "sales bot",
            "definition": "Fallbacks over messages of the bot.",
            "notes": "The document gives no denominator; some divide by conversations.",
        },
        {
            "name": "error_rate", "label": "Error rate",
            "numerator": "errors", "denominator": "sales_bot_messages",
            "population": "sales_conversations", "unit": "share", "direction": "down",
            "is_nested": false, "document": "sales bot",
            "definition": "Errors over messages of the bot.",
            "notes": "The document gives no denominator; some divide by conversations.",
        },
        {
            "name": "escalation_rate", "label": "Escalation rate",
            "numerator": "escalated", "denominator": "escalatable",
            "population": "served_conversations", "unit": "share", "direction": "down",
            "is_share": true, "document": "sales bot, support",
            "definition": "Escalated conversations over conversations with events or an "
                ~ "escalation point.",
            "notes": "The support document averages points, which counts a conversation twice "
                ~ "that was asked twice.",
        },
        {
            "name": "human_takeover_rate", "label": "Human takeover rate",
            "numerator": "taken_over", "denominator": "sales_conversations",
            "population": "sales_conversations", "unit": "share", "direction": "down",
            "is_share": true, "document": "sales bot",
            "definition": "Conversations in which a person of ours wrote or took over.",
        },
        {
            "name": "automation_rate", "label": "Automation rate",
            "numerator": "automated", "denominator": "sales_conversations",
            "population": "sales_conversations", "unit": "share", "direction": "up",
            "is_share": true, "document": "sales bot",
            "definition": "Conversations without a takeover and without an escalation.",
        },
    ]) }}
{%- endmacro %}

{% macro efficiency_metrics() -%}
    {{ return([
        {
            "name": "response_seconds", "label": "Response time",
            "numerator": "response_seconds", "denominator": "responses",
            "population": "worded_conversations", "unit": "seconds", "direction": "down",
            "document": "sales bot",
            "definition": "Mean seconds from a customer's message to the answer that follows it.",
            "notes": "A second answer in a row answers nothing and does not count.",
        },
        {
            "name": "time_to_qualification_seconds", "label": "Time to qualification",
            "numerator": "seconds_to_qualification", "denominator": "qualified_in_time",
            "population": "sales_conversations", "unit": "seconds", "direction": "down",
            "document": "sales bot",
            "definition": "Mean seconds from the start to the first qualification.",
            "notes": "Only conversations that got there; marts.time_to_event has the others too.",
        },
        {
            "name": "time_to_booking_seconds", "label": "Time to booking",
            "numerator": "seconds_to_booking", "denominator": "booked_in_time",
            "population": "sales_conversations", "unit": "seconds", "direction": "down",
            "document": "sales bot",
            "definition": "Mean seconds from the start to the first booking.",
            "notes": "Only conversations that got there; marts.time_to_event has the others too.",
        },
        {
            "name": "duration_seconds", "label": "Conversation duration",
            "numerator": "duration_seconds", "denominator": "timed_conversations",
            "population": "conversations", "unit": "seconds", "direction": "none",
            "document": "sales bot",
            "definition": "Mean seconds from the first to the last activity, where both are "
                ~ "plausible.",
        },
        {
            "name": "touches_per_conversion", "label": "Touches per conversion",
            "numerator": "touches", "denominator": "converted",
            "population": "sales_conversations", "unit": "messages", "direction": "down",
            "document": "sales bot",
            "definition": "Messages that bot and agents sent in converted conversations, per "
                ~ "converted conversation.",
        },
    ]) }}
{%- endmacro %}

{% macro support_metrics() -%}
    {{ return([
        {
            "name": "support_conversations", "label": "Support conversations", "kind": "total",
            "numerator": "support_conversations", "denominator": "support_conversations",
            "population": "support_conversations", "unit": "conversations",
            "direction": "none", "is_share": true, "document": "support",
            "definition": "Conversations with support points.",
        },
        {
            "name": "csat_average", "label": "Customer satisfaction",
            "numerator": "csat_points", "denominator": "csat_scores",
            "population": "served_conversations", "unit": "score", "direction": "up",
            "document": "sales bot, support",
            "definition": "Mean survey score, 1 to 5. Scores outside are left out and counted "
                ~ "in marts.data_quality; two surveys of a conversation are two scores.",
        },
        {
            "name": "csat_detractor_rate", "label": "Detractor share",
            "numerator": "csat_detractors", "denominator": "csat_scores",
            "population": "served_conversations", "unit": "share", "direction": "down",
            "document": "support",
            "definition": "Scores of 1 and 2 over all scores.",
            "notes": "The document's code shows 0 % as soon as there is a detractor.",
        },
        {
            "name": "csat_response_rate", "label": "Survey response rate",
            "numerator": "surveyed", "denominator": "served_conversations",
            "population": "served_conversations", "unit": "share", "direction": "up",
            "is_share": true, "document": "support",
            "definition": "Conversations with a valid score over conversations with events or "
                ~ "support points.",
        },
        {
            "name": "resolution_rate", "label": "Resolution rate",
            "numerator": "resolved_points", "denominator": "resolution_verdicts",
            "population": "support_conversations", "unit": "share", "direction": "up",
            "document": "sales bot, support",
            "definition": "Resolution points that say resolved over those that say whether.",
            "notes": "What other tools call resolved: marts.resolution_definitions.",
        },
        {
            "name": "resolution_minutes", "label": "Resolution time",
            "numerator": "resolution_minutes", "denominator": "resolution_points",
            "population": "support_conversations", "unit": "minutes", "direction": "down",
            "document": "support",
            "definition": "Mean of every valid resolution time, resolved or not, as published.",
            "notes": "Without the bias of open cases: marts.time_to_event.",
        },
        {
            "name": "turns_per_conversation", "label": "Turns per conversation",
            "numerator": "turns", "denominator": "turn_points",
            "population": "support_conversations", "unit": "turns", "direction": "down",
            "document": "support",
            "definition": "Mean of the turns that support points give.",
        },
        {
            "name": "cost_per_conversation", "label": "Cost per conversation",
            "numerator": "cost", "denominator": "costed",
            "population": "served_conversations", "unit": "currency", "direction": "down",
            "document": "support",
            "definition": "Total cost over conversations with a cost.",
            "notes": "The document averages records, so a conversation with two costs looks "
                ~ "half as dear.",
        },
        {
            "name": "total_cost", "label": "Total cost", "kind": "total",
            "numerator": "cost", "denominator": "costed",
            "population": "served_conversations", "unit": "currency", "direction": "down",
            "document": "support",
            "definition": "Sum of costs. Where both feeds have one, support points count.",
        },
        {
            "name": "cost_per_resolution", "label": "Cost per resolution",
            "numerator": "cost_with_verdict", "denominator": "resolved_with_cost",
            "population": "served_conversations", "unit": "currency", "direction": "down",
            "is_nested": false, "document": "support",
            "definition": "Cost of conversations known to be resolved or not over those "
                ~ "resolved: the unresolved cost too.",
        },
    ]) }}
{%- endmacro %}

{% macro agent_assist_metrics() -%}
    {{ return([
        {
            "name": "sentence_trigger_rate", "label": "Sentence-level trigger rate",
            "numerator": "annotated_sentences", "denominator": "sentences",
            "population": "assisted_conversations", "unit": "share", "direction": "none",
            "document": "agent assist",
            "definition": "Sentences with an annotation over all sentences of all roles.",
        },
        {
            "name": "conversation_trigger_rate", "label": "Conversation-level trigger rate",
            "numerator": "with_suggestion", "denominator": "assisted_conversations",
            "population": "assisted_conversations", "unit": "share", "direction": "none",
            "is_share": true, "document": "agent assist",
            "definition": "Conversations with an annotation over all of the insights export.",
        },
        {
            "name": "click_through_rate", "label": "Click-through rate",
            "numerator": "clicked_sentences", "denominator": "displayed_sentences",
            "population": "assisted_conversations", "unit": "share", "direction": "up",
            "document": "agent assist",
            "definition": "Sentences with an annotation displayed and clicked over sentences "
                ~ "with one displayed.",
        },
        {
            "name": "effective_click_through_rate", "label": "Effective click-through rate",
            "numerator": "effective_responses", "denominator": "agent_responses",
            "population": "assisted_conversations", "unit": "share", "direction": "up",
            "document": "agent assist",
            "definition": "Agent messages drafted from a smart reply clicked since the agent's "
                ~ "message before, over all agent messages.",
            "notes": "The document's query loses the first agent message of a conversation; "
                ~ "as_published_* in the agent-assist marts.",
        },
        {
            "name": "smart_reply_verbatim_rate", "label": "Smart replies used as given",
            "numerator": "smart_replies_verbatim", "denominator": "smart_replies_followed",
            "population": "assisted_conversations", "unit": "share", "direction": "up",
            "document": "agent assist",
            "definition": "Clicked smart replies whose text stands in the agent message that "
                ~ "follows, over those that a message follows.",
        },
        {
            "name": "smart_reply_edit_rate", "label": "Smart reply edit rate",
            "numerator": "smart_replies_edited", "denominator": "smart_replies_followed",
            "population": "assisted_conversations", "unit": "share", "direction": "down",
            "document": "agent assist",
            "definition": "Clicked smart replies whose text does not stand in the agent message "
                ~ "that follows, over those that a message follows.",
            "notes": "The document's prose; its query counts the opposite share.",
        },
        {
            "name": "summary_edit_distance", "label": "Summary edit distance",
            "numerator": "edit_distance", "denominator": "summaries_compared",
            "population": "assisted_conversations", "unit": "characters", "direction": "down",
            "document": "agent assist",
            "definition": "Mean Levenshtein distance, by code point, of the suggested to the "
                ~ "edited summary.",
        },
        {
            "name": "summary_edit_rate", "label": "Summary edit rate",
            "numerator": "edit_rate", "denominator": "summaries_rated",
            "population": "assisted_conversations", "unit": "ratio", "direction": "down",
            "document": "agent assist",
            "definition": "Mean over summaries of distance over length of the edited text; "
                ~ "without an upper bound.",
        },
        {
            "name": "summary_edit_percentage", "label": "Summaries edited",
            "numerator": "summaries_edited", "denominator": "summaries",
            "population": "assisted_conversations", "unit": "share", "direction": "down",
            "document": "agent assist",
            "definition": "Suggested summaries that came back with another text over all "
                ~ "suggested.",
            "notes": "The document counts an identical text sent back as edited.",
        },
    ]) }}
{%- endmacro %}
