"""Tests that can fail: every mutation below must be caught by the test it names.

The SQL of a copy of the project is broken, one place a model and round, and unit tests
run; the tables of a built warehouse are corrupted, and data tests run.
"""

import json
import shutil

import duckdb
import pytest

from tests.python.conftest import PROJECT

CONVERSATIONS = "intermediate/conversations"
ASSIST = "intermediate/agent_assist"
SUPPORT = "marts/support_quality"
ALERTS = "intermediate/alerts"
OUTCOMES = "alert_outcomes__sides_samples_and_silence"
VALUES = "alert_values__each_condition_has_its_reference"
# (model, what it says, what it says when broken, the unit test that must fail)
MUTATIONS = [
    (
        "marts/monitoring/incident_reasons",
        ">= 5",
        ">= 4",
        "incident_reasons__what_few_share_is_rare",
    ),
    (
        "intermediate/monitoring/int_incidents_reasoned",
        "where escalated.conversation_id is null",
        "where true",
        "incidents_reasoned__an_escalation_of_both_feeds_is_one",
    ),
    (
        "marts/monitoring/feed_freshness",
        "where not has_implausible_time",
        "where true",
        "feed_freshness__each_feed_by_its_own_conversations",
    ),
    (
        "marts/monitoring/response_time_distribution",
        "response_seconds >= bands.from_seconds",
        "response_seconds > bands.from_seconds",
        "response_time_distribution__bands_hold_their_lower_end",
    ),
    (
        f"{ALERTS}/int_alert_outcomes_judged",
        "margin < lower_limit",
        "margin <= lower_limit",
        OUTCOMES,
    ),
    (
        f"{ALERTS}/int_alert_outcomes_judged",
        "direction != 'up'",
        "direction != 'down'",
        OUTCOMES,
    ),
    (
        f"{ALERTS}/int_alert_outcomes_judged",
        ">= rules.min_sample",
        "> rules.min_sample",
        OUTCOMES,
    ),
    (
        f"{ALERTS}/int_alert_outcomes_judged",
        "where is_freshness and",
        "where false and",
        OUTCOMES,
    ),
    (
        f"{ALERTS}/int_alert_values_compared",
        "direction = 'down' then greatest",
        "direction = 'down' then least",
        VALUES,
    ),
    (
        f"{ALERTS}/int_alert_values_compared",
        "direction = 'up' then least(reference_value, baseline)",
        "direction = 'up' then coalesce(baseline, reference_value)",
        VALUES,
    ),
    (
        f"{ALERTS}/int_alert_values_compared",
        "when measured.weeks_known > 0",
        "when measured.weeks_known >= 0",
        VALUES,
    ),
    (
        f"{ALERTS}/int_alert_states_sequenced",
        ">= pending_periods",
        "> pending_periods",
        "alert_states__hours_in_a_row",
    ),
    (
        f"{ALERTS}/int_alert_states_sequenced",
        ">= recovering_periods",
        "> 0",
        "alert_states__hours_in_a_row",
    ),
    (
        f"{ALERTS}/int_alert_states_sequenced",
        "rule_id, segment, outcome is null",
        "rule_id, segment",
        "alert_states__hours_in_a_row",
    ),
    (
        "intermediate/support/int_conversations_followed",
        "order by happened_at, moment\n",
        "order by happened_at, moment desc\n",
        "conversations_followed__the_next_contact_after_the_end",
    ),
    (
        "intermediate/support/int_conversations_followed",
        "partition by customer_id, intent",
        "partition by customer_id",
        "conversations_followed__the_next_contact_after_the_end",
    ),
    (
        "intermediate/support/int_reopenings_aggregated_to_conversations",
        "max(case when role = 'resolution'",
        "min(case when role = 'resolution'",
        "reopenings__the_resolution_before_counts",
    ),
    (
        f"{SUPPORT}/resolutions",
        "and not is_timed_out",
        "",
        "resolutions__what_each_definition_says",
    ),
    (
        f"{SUPPORT}/resolutions",
        "case when can_be_durable then is_solved and not is_returned_on end",
        "is_solved and not is_returned_on",
        "resolutions__what_each_definition_says",
    ),
    (
        f"{SUPPORT}/resolution_definitions",
        "resolutions.is_durable is not null and resolutions",
        "resolutions",
        "resolution_definitions__rates_over_those_that_can_be_judged",
    ),
    (
        f"{SUPPORT}/support_summary",
        "and is_valid",
        "",
        "support_summary__percentiles_bounds_and_recency",
    ),
    (
        f"{SUPPORT}/support_summary",
        "5 * silent_count",
        "4 * silent_count",
        "support_summary__percentiles_bounds_and_recency",
    ),
    (
        f"{SUPPORT}/quality_report",
        "metrics.value > rules.threshold)",
        "metrics.value >= rules.threshold)",
        "quality_report__the_rules_of_the_document",
    ),
    (
        f"{SUPPORT}/target_attainment",
        '"worse_end"',
        '"value"',
        "target_attainment__ranges_and_directions",
    ),
    (
        f"{SUPPORT}/roi_summary",
        "handled.is_contained then handled.cost",
        "true then handled.cost",
        "roi_summary__what_people_would_have_cost",
    ),
    (
        "marts/review/metrics_weekly",
        "7 * weeks_ago + 6",
        "7 * weeks_ago + 7",
        "metrics_weekly__weeks_of_seven_days",
    ),
    (
        "marts/review/weekly_review",
        " + power(this_week.standard_error, 2)",
        "",
        "weekly_review__change_target_and_anomaly",
    ),
    (
        "marts/review/conversation_samples",
        "min(fact_number)",
        "max(fact_number)",
        "conversation_samples__why_and_what",
    ),
    (
        "staging/sales_bot/base_sales_bot__events",
        "coalesce(copies_numbered.copy_number, 1) = 1",
        "true",
        "events__equal_objects_are_one",
    ),
    (
        "staging/sales_bot/base_sales_bot__events",
        'json_canonical("properties")',
        '"cast(properties as string)"',
        "events__equal_objects_are_one",
    ),
    (
        "staging/sales_bot/base_sales_bot__events",
        "nullif(lower(trim(channel)), '')",
        "channel",
        "events__envelope_is_cleaned",
    ),
    (
        "staging/sales_bot/base_sales_bot__events",
        "nullif(conversation_id, '')",
        "conversation_id",
        "events__envelope_is_cleaned",
    ),
    (
        "staging/sales_bot/base_sales_bot__events",
        "case when {{ json_kind(\"properties\") }} = 'object' then properties end",
        "properties",
        "events__envelope_is_cleaned",
    ),
    (
        "staging/sales_bot/stg_sales_bot__event_roles",
        "meanings.condition_property is null\n",
        "true\n",
        "event_roles__conditions_decide",
    ),
    (
        "staging/sales_bot/stg_sales_bot__messages",
        "!= 'boolean'",
        "!= 'nothing'",
        "messages__properties_are_typed",
    ),
    (
        "staging/sales_bot/stg_sales_bot__messages",
        "nullif(message.intent, '')",
        "message.intent",
        "messages__properties_are_typed",
    ),
    (
        "staging/support/stg_support__metric_points",
        "opened.metric_value < metric_names.min_value",
        "opened.metric_value <= metric_names.min_value",
        "metric_points__values_are_judged",
    ),
    (
        "staging/support/stg_support__metric_points",
        "and opened.metric_value is not null",
        "",
        "metric_points__values_are_judged",
    ),
    (
        "staging/support/stg_support__metric_points",
        "= 'boolean'",
        "!= 'nothing'",
        "metric_points__values_are_judged",
    ),
    (
        "staging/support/base_support__metric_points",
        "copy_number = 1",
        "true",
        "metric_points__numbers_are_read",
    ),
    (
        "staging/support/base_support__metric_points",
        '{{ json_number("value") }}',
        'coalesce({{ json_number("value") }}, 0)',
        "metric_points__numbers_are_read",
    ),
    (
        "staging/insights/stg_insights__annotations",
        'json_unwrap("record_twice")',
        '"record_once"',
        "annotations__json_is_opened",
    ),
    (
        "staging/insights/stg_insights__annotations",
        "where annotation is not null",
        "",
        "annotations__json_is_opened",
    ),
    (
        f"{CONVERSATIONS}/int_messages_sequenced",
        "where event_conversations.conversation_id is null",
        "",
        "messages_sequenced__order_and_feed",
    ),
    (
        f"{CONVERSATIONS}/int_messages_sequenced",
        "length(message_id) nulls last,",
        "",
        "messages_sequenced__order_and_feed",
    ),
    (
        f"{CONVERSATIONS}/int_messages_sequenced",
        "sent_at nulls last,\n",
        "sent_at nulls first,\n",
        "messages_sequenced__order_and_feed",
    ),
    (
        f"{CONVERSATIONS}/int_messages_sequenced",
        "case when unioned.direction = 'inbound' then 'customer' end",
        "null",
        "messages_sequenced__order_and_feed",
    ),
    (
        f"{CONVERSATIONS}/int_messages_sequenced",
        "tie_breaker nulls last",
        "tie_breaker desc nulls last",
        "messages_sequenced__order_and_feed",
    ),
    (
        f"{CONVERSATIONS}/int_messages_aggregated_to_conversations",
        "sender is not null and sender_role is distinct from 'bot'",
        "sender_role is distinct from 'bot'",
        "messages_aggregated__sentiment_and_responses",
    ),
    (
        f"{CONVERSATIONS}/int_messages_aggregated_to_conversations",
        "message_position = last_sentiment_position",
        "message_position = first_sentiment_position",
        "messages_aggregated__sentiment_and_responses",
    ),
    (
        f"{CONVERSATIONS}/int_messages_aggregated_to_conversations",
        "direction = 'outbound' and message_position > first_inbound_position",
        "direction = 'outbound'",
        "messages_aggregated__sentiment_and_responses",
    ),
    (
        f"{CONVERSATIONS}/int_messages_aggregated_to_conversations",
        "min(message_position) as first_position",
        "-min(message_position) as first_position",
        "messages_aggregated__sentiment_and_responses",
    ),
    (
        f"{CONVERSATIONS}/int_conversations_timed",
        "when landed.in_events then events.first_event_at",
        "when landed.in_events then messages.first_message_at",
        "conversations_timed__one_feed_gives_the_times",
    ),
    (
        f"{CONVERSATIONS}/int_conversations_timed",
        'cast({{ reporting_time("trusted_start_at") }} as date)',
        "cast(trusted_start_at as date)",
        "conversations_timed__one_feed_gives_the_times",
    ),
    (
        f"{CONVERSATIONS}/int_conversations_timed",
        "when landed.in_events then events.first_plausible_event_at",
        "when landed.in_events then events.first_event_at",
        "conversations_timed__one_feed_gives_the_times",
    ),
    (
        f"{CONVERSATIONS}/int_conversations_timed",
        "or (started_at is not null and trusted_start_at is null)",
        "",
        "conversations_timed__one_feed_gives_the_times",
    ),
    (
        f"{CONVERSATIONS}/int_event_roles_aggregated_to_conversations",
        "partition by conversation_id, role, value_text is null",
        "partition by conversation_id, role",
        "event_roles_aggregated__first_and_last",
    ),
    (
        f"{CONVERSATIONS}/int_event_roles_aggregated_to_conversations",
        "occurred_at desc nulls first, event_key desc",
        "occurred_at, event_key",
        "event_roles_aggregated__first_and_last",
    ),
    (
        f"{CONVERSATIONS}/int_event_roles_aggregated_to_conversations",
        "value_number between 1 and 5 then 1 end",
        "value_number > 0 then 1 end",
        "event_roles_aggregated__first_and_last",
    ),
    (
        f"{CONVERSATIONS}/int_conversations_resolved",
        "event_roles.resolution_count > event_roles.reopening_count",
        "true",
        "conversations_resolved__outcome_and_closer",
    ),
    (
        f"{CONVERSATIONS}/int_conversations_resolved",
        "coalesce(closers.closed_by, 'unknown')",
        "closers.closed_by",
        "conversations_resolved__outcome_and_closer",
    ),
    (
        f"{CONVERSATIONS}/int_conversations_resolved",
        "when is_resolved then 'resolved'",
        "",
        "conversations_resolved__outcome_and_closer",
    ),
    (
        f"{CONVERSATIONS}/int_conversations_resolved",
        "coalesce(metric_points.cost_sum, event_roles.cost)",
        "event_roles.cost",
        "conversations_resolved__outcome_and_closer",
    ),
    (
        f"{CONVERSATIONS}/int_conversations_resolved",
        "when metric_points.csat_count > 0 then metric_points.csat_sum",
        "when false then 0",
        "conversations_resolved__outcome_and_closer",
    ),
    (
        "intermediate/segments/int_segments_resolved",
        "is null, priority, known_at nulls last, segment",
        "is null, known_at nulls last, priority, segment",
        "segments_resolved__preference",
    ),
    (
        "intermediate/segments/int_segments_resolved",
        "nullif(trim(segment), '') is null, priority",
        "segment is null, priority",
        "segments_resolved__preference",
    ),
    (
        "intermediate/segments/int_segments_resolved",
        "where preference = 1 and segment is not null",
        "where preference = 1",
        "segments_resolved__preference",
    ),
    (
        "marts/core/messages",
        "previous_direction != direction",
        "previous_direction is distinct from direction",
        "messages__responses_are_changes_of_side",
    ),
    (
        "marts/core/messages",
        "            partition by conversation_id order by message_position",
        "            order by conversation_id, message_position",
        "messages__responses_are_changes_of_side",
    ),
    (
        "marts/monitoring/data_quality",
        "where version_from_newest = 1",
        "",
        "data_quality__the_newest_version_of_a_file_counts",
    ),
    (
        "marts/monitoring/data_quality",
        "landed_rows.row_count - staged_rows.row_count as bigint",
        "staged_rows.row_count as bigint",
        "data_quality__the_newest_version_of_a_file_counts",
    ),
    (
        "marts/agent_assist/suggestions",
        '{{ json_get_text("record", "$.reply") }}',
        "json_extract_string(record, '$.reply')",
        "suggestions__texts_are_found",
    ),
    (
        f"{ASSIST}/int_summaries_compared",
        '{{ edit_distance("suggested_summary", "edited_summary") }}',
        "levenshtein(suggested_summary, edited_summary)",
        "summaries_compared__distances",
    ),
    (
        f"{ASSIST}/int_summaries_compared",
        "coalesce(suggested_summary != edited_summary, false)",
        "edited_summary is not null",
        "summaries_compared__distances",
    ),
    (
        f"{ASSIST}/int_summaries_compared",
        "where suggested_summary is not null",
        "",
        "summaries_compared__distances",
    ),
    (
        "marts/agent_assist/summary_edits",
        "greatest(length(suggested_summary), edited_length)",
        "edited_length",
        "summary_edits__lengths",
    ),
    (
        f"{ASSIST}/int_smart_replies_matched",
        "rows between 1 following and unbounded following",
        "rows between current row and unbounded following",
        "smart_replies_matched__the_message_that_follows",
    ),
    (
        f"{ASSIST}/int_smart_replies_matched",
        "            order by created_nanos",
        "            order by sentence_position",
        "smart_replies_matched__the_message_that_follows",
    ),
    (
        f"{ASSIST}/int_smart_replies_matched",
        "contains(agent_message, reply_text)",
        "try(regexp_matches(agent_message, reply_text))",
        "smart_replies_matched__the_message_that_follows",
    ),
    (
        f"{ASSIST}/int_smart_replies_matched",
        "                sentence_position\n        ) as rank_at_that_time",
        "                sentence_position desc\n        ) as rank_at_that_time",
        "smart_replies_matched__the_message_that_follows",
    ),
    (
        f"{ASSIST}/int_smart_replies_matched",
        "sentences_at_that_time > 1",
        "false",
        "smart_replies_matched__the_message_that_follows",
    ),
    (
        f"{ASSIST}/int_agent_responses_aggregated_to_conversations",
        "coalesce(last_click_nanos >= previous_response_nanos, true)",
        "last_click_nanos >= previous_response_nanos",
        "agent_responses__effective_since_the_response_before",
    ),
    (
        f"{ASSIST}/int_agent_responses_aggregated_to_conversations",
        "coalesce(last_click_nanos >= previous_response_nanos, true)",
        "coalesce(last_click_nanos > previous_response_nanos, true)",
        "agent_responses__effective_since_the_response_before",
    ),
    (
        f"{ASSIST}/int_agent_responses_aggregated_to_conversations",
        "case when sentence is not null then 1 else 0 end as responses",
        "1 as responses",
        "agent_responses__effective_since_the_response_before",
    ),
    (
        f"{ASSIST}/int_annotations_aggregated_to_conversations",
        "max(case when is_displayed and is_clicked then 1 else 0 end) as is_clicked",
        "max(case when is_clicked then 1 else 0 end) as is_clicked",
        "annotations_aggregated__sentences_of_a_type",
    ),
    (
        f"{ASSIST}/int_annotations_aggregated_to_conversations",
        "select * from of_any_type",
        "select * replace ('all' as annotation_type) from of_their_type",
        "annotations_aggregated__sentences_of_a_type",
    ),
    (
        f"{ASSIST}/int_suggestions_aggregated_to_conversations",
        "'all' as annotation_type",
        "'FAQ' as annotation_type",
        "suggestions_aggregated__rows_of_a_conversation",
    ),
    (
        f"{ASSIST}/int_suggestions_aggregated_to_conversations",
        "'SMART_REPLY' as annotation_type",
        "'FAQ' as annotation_type",
        "suggestions_aggregated__rows_of_a_conversation",
    ),
    (
        "marts/agent_assist/agent_assist_summary",
        "            windows.starts_on is null\n            or days_by",
        "            days_by",
        "agent_assist_summary__windows_agents_and_quantiles",
    ),
    (
        "staging/insights/stg_insights__annotations",
        "created_at >= sentence_created_at and not is_sentence_time_implausible",
        "created_at is not null",
        "annotations__times_are_read",
    ),
    (
        "staging/insights/stg_insights__annotations",
        "coalesce(displayed_at, created_at)",
        "created_at",
        "annotations__times_are_read",
    ),
    (
        "intermediate/patterns/int_states_sequenced",
        "where state is distinct from previous_state",
        "where true",
        "states_sequenced__order_repeats_and_names",
    ),
    (
        "intermediate/patterns/int_states_sequenced",
        "            and happened.value is not null\n",
        "",
        "states_sequenced__order_repeats_and_names",
    ),
    (
        "intermediate/patterns/int_states_sequenced",
        "rows between unbounded preceding and current row",
        "rows between current row and current row",
        "states_sequenced__order_repeats_and_names",
    ),
    (
        "intermediate/patterns/int_states_sequenced",
        "partition by conversation_id, state, next_state",
        "partition by conversation_id, state",
        "states_sequenced__order_repeats_and_names",
    ),
    (
        "intermediate/patterns/int_states_aggregated_to_conversations",
        "case when step <= ",
        "case when step < ",
        "states_aggregated__a_long_path_is_cut",
    ),
    (
        "intermediate/patterns/int_messages_ended",
        "when not has_answer",
        "when false",
        "messages_ended__what_was_said_last",
    ),
    (
        "intermediate/patterns/int_messages_templated",
        "where use_number = 1",
        "where true",
        "messages_templated__what_was_filled_in_is_masked",
    ),
    (
        "intermediate/patterns/int_waits_observed",
        "has_come and seconds <= watched_seconds as has_come",
        "has_come",
        "waits_observed__closed_ones_are_watched_on",
    ),
    (
        "intermediate/patterns/int_waits_estimated",
        "order by wait_seconds desc",
        "order by wait_seconds",
        "waits_estimated__by_hand",
    ),
    (
        "intermediate/patterns/int_waits_estimated",
        "wait_seconds desc, has_come asc",
        "wait_seconds desc, has_come desc",
        "waits_estimated__by_hand",
    ),
    (
        "marts/patterns/conversation_paths",
        "order by conversations desc, path asc",
        "order by path",
        "conversation_paths__support_and_conversion",
    ),
    (
        "marts/patterns/path_transitions",
        "count(*) as transitions",
        "1 as transitions",
        "path_transitions__every_transition_counts",
    ),
    (
        "marts/patterns/path_transitions",
        "count(case when states.is_first_transition then 1 end) as",
        "count(*) as",
        "path_transitions__every_transition_counts",
    ),
    (
        "marts/patterns/objection_patterns",
        "where is_responded",
        "where true",
        "objection_patterns__with_and_without",
    ),
    (
        "marts/patterns/divergence_points",
        "where not states.is_decided",
        "where true",
        "divergence_points__what_is_decided_parts_no_more",
    ),
    (
        "marts/patterns/drop_points",
        "where is_ended or quiet_seconds >= 86400",
        "where true",
        "drop_points__a_conversation_may_still_go_on",
    ),
    (
        "marts/patterns/message_performance",
        "and coalesce(conversations.converted_at >= templates.first_used_at, true)",
        "",
        "message_performance__best_and_worst",
    ),
    (
        "marts/patterns/cohorts_weekly",
        "(cells.weeks_since + 1) * 604800",
        "cells.weeks_since * 604800",
        "cohorts_weekly__active_converted_repeated",
    ),
    (
        "marts/patterns/time_to_event",
        "or next_wait_seconds is null",
        "",
        "time_to_event__points_half_a_percent_apart",
    ),
    (
        "marts/patterns/time_to_event_summary",
        "when survival <= 0.5",
        "when survival < 0.5",
        "time_to_event_summary__median",
    ),
    (
        "intermediate/funnel/int_stages_reached_first",
        "seconds_from_previous > 0",
        "seconds_from_previous >= 0",
        "stages_reached_first__in_order",
    ),
    (
        "intermediate/funnel/int_stages_reached_first",
        "seconds_from_previous <= window_seconds",
        "seconds_from_previous < window_seconds",
        "stages_reached_first__in_order",
    ),
    (
        "intermediate/funnel/int_stages_reached_in_order",
        "step = 1 and not is_in_order",
        "step = 1",
        "stages_reached_in_order__chains",
    ),
    (
        "intermediate/funnel/int_stages_reached_in_order",
        "max(case when is_entry",
        "min(case when is_entry",
        "stages_reached_in_order__chains",
    ),
    (
        "intermediate/funnel/int_stages_reached_in_order",
        "occurred_at, place, step desc",
        "occurred_at, place, step",
        "stages_reached_in_order__chains",
    ),
    (
        "intermediate/funnel/int_stages_reached_in_order",
        "events.is_live and coalesce(steps.is_optional, false)",
        "false",
        "stages_reached_in_order__chains",
    ),
    (
        "intermediate/funnel/int_stages_reached_in_order",
        'seconds_between("events.entered_at", "events.next_candidate_at")',
        'seconds_between("events.occurred_at", "events.next_candidate_at")',
        "stages_reached_in_order__chains",
    ),
    (
        "intermediate/funnel/int_stage_events_placed",
        "min(steps.step) as place",
        "max(steps.step) as place",
        "stage_events_placed__only_trusted_times",
    ),
    (
        "intermediate/funnel/int_funnel_stages_reached",
        "and in_events",
        "",
        "funnel_stages_reached__everyone_has_started",
    ),
    (
        "marts/funnel/funnel_daily",
        "steps.days_to_mature + 1",
        "steps.days_to_mature",
        "funnel_daily__maturity_and_zeros",
    ),
    (
        "marts/funnel/funnel_by_window",
        "completed.previous_step = previous.step",
        "completed.step - 1 = previous.step",
        "funnel_by_window__days_and_denominators",
    ),
    (
        "marts/funnel/funnel_summary",
        "and period = 'previous' then",
        "then",
        "funnel_summary__rates_changes_and_medians",
    ),
    (
        "marts/funnel/drop_offs",
        "order by drop_rate desc nulls last, stage_order asc",
        "order by drop_rate desc nulls first, stage_order asc",
        "drop_offs__ranks_threshold_and_zero",
    ),
    (
        "marts/segments/segment_comparisons",
        "totals.{{ sum }} - segments.{{ sum }}",
        "totals.{{ sum }}",
        "segment_comparisons__the_rest_is_everything_else",
    ),
    (
        "marts/segments/metric_changes",
        "where not is_many_valued",
        "",
        "metric_changes__mix_and_rate",
    ),
    (
        "intermediate/experiments/int_exposures_aggregated_to_conversations",
        "order by exposed_at nulls last",
        "order by exposed_at desc nulls last",
        "exposures__the_first_says_the_variant",
    ),
    (
        "intermediate/experiments/int_experiment_units_assigned",
        "order by first_exposed_at nulls last, conversation_id",
        "order by conversation_id",
        "experiment_units__a_customer_keeps_the_first_variant",
    ),
    (
        "intermediate/experiments/int_experiment_variants_counted",
        "when listed.experiment is null then 1e0 else expected.expected_share",
        "when true then 1e0",
        "experiment_variants__defaults_and_what_was_expected",
    ),
    (
        "marts/experiments/experiment_health",
        "when sample_ratio_p_value < 0.001\n",
        "when sample_ratio_p_value < 0\n",
        "experiment_health__what_blocks_a_verdict",
    ),
    (
        "marts/experiments/experiment_results",
        "has_enough_sample and not is_blocked",
        "has_enough_sample",
        "experiment_results__decisions",
    ),
]

# (SQL that corrupts a built warehouse, the data test that must fail)
ONE = "conversation_id = (select min(conversation_id) from marts.conversations)"
CORRUPTIONS = [
    (
        "update marts.alert_flags set window_ends_at = window_starts_at",
        "alert_flags_window_ends_by_the_evaluation",
    ),
    (
        "update marts.resolution_definitions set comparable_resolved_count = 0 "
        "where definition = 'contained'",
        "assert_resolution_definitions_are_ordered",
    ),
    (
        "update marts.resolutions set is_contained = false",
        "resolutions_imply_each_other",
    ),
    (
        "update marts.support_summary set resolution_minutes_denominator = 1, "
        "csat_average_best_case = 0",
        "assert_support_summary_percentiles_use_the_points_of_the_mean",
    ),
    ("select 1", "support_summary_bounds_enclose_what_was_answered"),
    (
        "update marts.weekly_review set last_week = -1",
        "assert_weekly_review_equals_windows",
    ),
    (
        "update marts.target_attainment set status_beyond_chance = 'attained'",
        "target_attainment_beyond_chance_is_attained",
    ),
    (
        "update marts.roi_summary set costed_count = -1",
        "roi_summary_counts_are_nested",
    ),
    (
        "insert into raw.events select * from raw.events limit 1",
        "assert_landed_rows_are_in_raw",
    ),
    (
        f"delete from staging.base_sales_bot__events where {ONE}",
        "assert_conversations_of_raw_events_are_staged",
    ),
    (
        "delete from staging.stg_insights__sentences where sentence_position = 2",
        "assert_sentences_equal_nested_length",
    ),
    (
        "delete from staging.stg_insights__annotations where annotation_type = 'FAQ'",
        "assert_annotations_equal_nested_length",
    ),
    (
        "delete from marts.suggestions where annotation_type = 'SMART_REPLY'",
        "assert_every_annotation_is_a_suggestion",
    ),
    (
        f"update marts.messages set sender_role = 'agent' where {ONE}",
        "assert_message_counts_equal_messages",
    ),
    (
        f"delete from marts.messages where {ONE}",
        "assert_event_messages_are_messages",
    ),
    (
        "update marts.conversations set revenue = revenue * 2",
        "assert_money_is_conserved",
    ),
    (
        "insert into seeds.event_meanings values "
        "('message_sent', null, null, 'inbound_message', null, null)",
        "assert_an_event_is_at_most_one_message",
    ),
    (
        "insert into marts.conversations select * from marts.conversations limit 1",
        "unique_conversations_conversation_id",
    ),
    (
        "insert into marts.messages select * from marts.messages limit 1",
        "unique_combination_messages_conversation_id__message_position",
    ),
    (
        "update marts.conversations set duration_seconds = -1 where bot_messages = 0",
        "accepted_range_conversations_duration_seconds__0",
    ),
    (
        "update marts.conversations set sentiment_trend = 9",
        "conversations_trend_is_end_minus_start",
    ),
    (
        "update marts.conversations set in_events = null",
        "conversations_belong_to_a_feed",
    ),
    (
        "delete from marts.conversations where conversation_id = "
        "(select max(conversation_id) from marts.messages)",
        "same_conversations_conversations_ref_int_conversations_timed_",
    ),
    (
        "select 1",
        "relationships_messages_conversation_id__conversation_id__ref_conversations_",
    ),
    (
        "update marts.conversations set outcome = 'lost' where outcome = 'dropped'",
        "accepted_values_conversations_outcome__converted__attended__booked"
        "__escalated__disqualified__qualified__resolved__dropped",
    ),
    (
        "update intermediate.int_suggestions_aggregated_to_conversations "
        "set smart_replies_unused = smart_replies_unused + 1",
        "smart_replies_are_verbatim_edited_or_unused",
    ),
    (
        "update intermediate.int_suggestions_aggregated_to_conversations "
        "set displayed_sentences = -1",
        "suggestions_have_shares_of_sentences",
    ),
    (
        "update intermediate.int_suggestions_aggregated_to_conversations "
        "set effective_responses = agent_responses + 1",
        "responses_effective_are_responses",
    ),
    (
        "update intermediate.int_suggestions_aggregated_to_conversations "
        "set summaries_edited = summaries + 1",
        "summaries_edited_were_compared",
    ),
    (
        "update marts.summary_edits set is_edited = not is_edited",
        "summary_edits_have_a_distance",
    ),
    (
        "insert into seeds.event_meanings values ('x', 'y', null, 'stage', null, null)",
        "event_meanings_conditions_are_whole",
    ),
    ("select 1", "event_meanings_stage_where_the_role_is_stage"),
    (
        "update intermediate.int_funnel_stages_aggregated_to_days "
        "set conversations = conversations + 1 where dimension = 'all'",
        "funnel_daily_segments_sum_to_all",
    ),
    (
        "update intermediate.int_metrics_aggregated_to_days "
        "set sum_messages = sum_messages + 1 where segment = '(unknown)'",
        "metrics_daily_segments_sum_to_all",
    ),
    ("select 1", "assert_funnel_of_all_time_equals_its_days"),
    (
        "update intermediate.int_funnel_stages_aggregated_to_days "
        "set conversations_in_order = conversations + 99 where stage = 'responded'",
        "funnel_daily_in_order_is_among_any_order",
    ),
    ("select 1", "funnel_daily_matured_are_nested"),
    (
        "update marts.funnel_by_window "
        "set conversations_in_order = 9 * previous_in_order where stage = 'booked'",
        "funnel_by_window_in_order_never_grows",
    ),
    (
        "update marts.funnel_summary set conversations = conversations + 1 "
        "where stage = 'attended'",
        "assert_funnel_counts_the_stages_of_conversations",
    ),
    (
        "update marts.funnel_summary set in_order_rate_low = 1",
        "funnel_summary_rate_is_within_its_interval",
    ),
    (
        "delete from intermediate.int_funnel_stages_reached where stage = 'qualified'",
        "assert_stages_in_order_are_stages_in_any",
    ),
    (
        "insert into seeds.funnel_stages values (99, 'lost', false, null)",
        "funnel_stages_all_but_the_first_have_a_window",
    ),
    (
        "update marts.metric_changes set contribution = contribution + 1 "
        "where contribution_rank = 1",
        "assert_changes_close",
    ),
]


def failed(target_path):
    """Names of the tests of the last run that failed; an error is no failure."""
    results = json.loads((target_path / "run_results.json").read_text())["results"]
    return {r["unique_id"].split(".")[-1] for r in results if r["status"] == "fail"} | {
        r["unique_id"].split(".")[2] for r in results if r["status"] == "fail"
    }


def rounds(mutations):
    """Mutations dealt out so that no round breaks a model twice."""
    dealt = []
    for mutation in mutations:
        for some in dealt:
            if mutation[0] not in [other[0] for other in some]:
                some.append(mutation)
                break
        else:
            dealt.append([mutation])
    return dealt


@pytest.mark.slow
def test_unit_tests_catch_every_mutation(dbt, target_path, sample_warehouse, tmp_path):
    warehouse = shutil.copy(sample_warehouse, tmp_path / "w.duckdb")
    survivors = []
    for number, mutations in enumerate(rounds(MUTATIONS)):
        project = tmp_path / str(number)
        ignored = shutil.ignore_patterns(
            *(".*", "__pycache__", "var", "exports", "target", "logs")
        )
        shutil.copytree(PROJECT, project, ignore=ignored)
        for model, good, bad, _ in mutations:
            file = project / f"models/{model}.sql"
            text = file.read_text()
            assert good in text, (model, good)
            file.write_text(text.replace(good, bad))
        names = [mutation[3] for mutation in mutations]
        dbt(warehouse, "test", "--select", *names, project=project, check=False)
        caught = failed(target_path)
        survivors += [m for m in mutations if m[3] not in caught]
    assert not survivors, "\n".join(map(str, survivors))


@pytest.mark.slow
def test_data_tests_catch_every_corruption(
    dbt, target_path, sample_warehouse, tmp_path
):
    warehouse = tmp_path / "corrupt.duckdb"
    shutil.copy(sample_warehouse, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        for sql, _ in CORRUPTIONS:
            connection.execute(sql)
    # On the sample as it is they all passed, or there would be no sample_warehouse.
    names = [name for _, name in CORRUPTIONS]
    dbt(warehouse, "test", "--select", *names, check=False)
    caught = failed(target_path)
    assert not [name for name in names if name not in caught]
