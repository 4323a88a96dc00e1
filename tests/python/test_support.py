"""Support marts against the same answers computed again in Python, row by row."""

import json
import math
from collections import defaultdict
from datetime import timedelta

import duckdb
import numpy
import pytest

from tests.python.conftest import PROJECT

REALISED = json.loads((PROJECT / "exports/truths.json").read_text())["realised"]


@pytest.fixture(scope="module")
def rows(sample_warehouse):
    """Runs SQL on the built sample: rows("select ...") gives a dict a row."""
    with duckdb.connect(str(sample_warehouse), read_only=True) as connection:

        def run(sql):
            found = connection.execute(sql)
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

        yield run


def within(conversation, window):
    day = conversation["started_date"]
    return window["window_name"] == "all" or (
        day is not None and window["starts_on"] <= day <= window["ends_on"]
    )


def test_resolutions_are_what_a_look_at_every_other_conversation_gives(rows):
    conversations = rows("from marts.conversations")
    (as_of,) = (row["as_of"] for row in rows("from intermediate.as_of"))
    escalation_points = {
        row["conversation_id"]
        for row in rows(
            "select distinct conversation_id from staging.stg_support__metric_points "
            "where metric_name = 'escalation' and is_valid"
        )
    }
    turns = defaultdict(list)
    for row in rows(
        "select conversation_id, role, occurred_at "
        "from staging.stg_sales_bot__event_roles "
        "where role in ('resolution', 'reopening') order by occurred_at"
    ):
        turns[row["conversation_id"]].append((row["role"], row["occurred_at"]))

    def comes_back(one, within_time, same_intent):
        end = one["ended_at"] or one["started_at"]
        return any(
            other["customer_id"] == one["customer_id"]
            and not other["has_implausible_time"]
            and other["direction"] != "outbound"
            and end < other["started_at"] <= end + within_time
            and (not same_intent or other["intent"] == one["intent"])
            for other in conversations
            if one["customer_id"] and other["started_at"]
        )

    def is_reopened(one):
        resolved_at = None
        for role, at in turns[one["conversation_id"]]:
            if role == "resolution":
                resolved_at = at
            elif resolved_at and at - resolved_at <= timedelta(days=7):
                return True
        return False

    expected = {}
    for one in conversations:
        if not one["in_events"] and one["conversation_id"] not in escalation_points:
            continue
        end = one["ended_at"] or one["started_at"]
        age = None if one["has_implausible_time"] or not end else as_of - end
        is_old = [age is not None and age >= timedelta(days=n) for n in (1, 7)]
        if one["closed_by"] is None and one["is_resolved"] is None and not is_old[0]:
            continue
        deflected = not (
            one["is_escalated"]
            or one["has_human_takeover"]
            or one["agent_messages"]
            or one["closed_by"] == "human"
        )
        contained = deflected and (not one["in_events"] or one["customer_messages"] > 0)
        autonomous = (
            contained and bool(one["is_resolved"]) and one["closed_by"] != "timeout"
        )
        expected[one["conversation_id"]] = (
            deflected,
            contained,
            contained and not comes_back(one, timedelta(hours=24), False)
            if is_old[0] and one["customer_id"]
            else None,
            autonomous,
            autonomous
            and not is_reopened(one)
            and not comes_back(one, timedelta(days=7), True)
            if is_old[1]
            else None,
        )
    names = ("deflected", "contained", "contained_without_callback", "autonomous")
    flags = [f"is_{name}" for name in (*names, "durable")]
    found = {
        row["conversation_id"]: tuple(row[flag] for flag in flags)
        for row in rows("from marts.resolutions")
    }
    assert found == expected
    # The sample has every case: no column of it is constant.
    for values in zip(*expected.values(), strict=True):
        assert {True, False} <= set(values)


def test_the_summary_is_what_the_points_give(rows):
    points = rows(
        "select points.metric_name, points.metric_value, conversations.started_date "
        "from staging.stg_support__metric_points as points "
        "join marts.conversations using (conversation_id) where is_valid"
    )
    windows = {row["window_name"]: row for row in rows("from marts.support_summary")}
    assert set(windows) == {"last_7_days", "last_30_days", "last_90_days", "all"}
    for window in windows.values():
        values = defaultdict(list)
        for point in points:
            if within(point, window):
                values[point["metric_name"]].append(point["metric_value"])
        minutes = values["resolution_time"]
        assert window["resolution_minutes_denominator"] == len(minutes)
        for name, expected in (
            ("resolution_minutes", numpy.mean(minutes)),
            ("resolution_minutes_median", numpy.quantile(minutes, 0.5)),
            ("resolution_minutes_p95", numpy.quantile(minutes, 0.95)),
            ("turns_per_conversation", numpy.mean(values["conversation_turns"])),
        ):
            assert math.isclose(window[name], expected, rel_tol=1e-9), name
    everything = windows["all"]
    assert everything["conversation_count"] == REALISED["in_feeds"]["support_metrics"]
    csat = REALISED["csat"]
    recent, older = windows["last_7_days"], everything
    for name in ("numerator", "denominator"):
        assert (
            everything[f"csat_recency_weighted_{name}"]
            == older[f"csat_average_{name}"] + recent[f"csat_average_{name}"]
        )
    assert everything["csat_average_denominator"] <= (
        csat["metric_count"] + csat["survey_count"]
    )


def test_the_silent_could_make_it_no_better_and_no_worse(rows):
    """The bounds are reached by answering for every silent conversation."""
    for window in rows("from marts.support_summary"):
        scores = [
            (row["csat_sum"], row["csat_count"])
            for row in rows(
                "select csat_sum, csat_count, started_date from marts.conversations "
                "where in_events or in_support_metrics"
            )
            if within(row, window)
        ]
        for column, silent_score in (
            ("csat_average_worst_case", 1),
            ("csat_average_best_case", 5),
        ):
            total = sum(s if n else silent_score for s, n in scores)
            count = sum(n or 1 for _, n in scores)
            assert math.isclose(window[column], total / count, rel_tol=1e-9), column


def test_segments_of_intent_are_those_of_the_points(rows):
    planted = REALISED["support"]["by_intent"]
    found = {
        row["segment"]: row
        for row in rows(
            "from marts.support_by_segment "
            "where window_name = 'all' and dimension = 'intent'"
        )
    }
    assert set(planted) <= set(found)
    for intent, truth in planted.items():
        assert found[intent]["conversation_count"] >= truth["count"], intent
    (total,) = rows(
        "from marts.support_by_segment where window_name = 'all' and dimension = 'all'"
    )
    tiers = rows(
        "from marts.support_by_segment "
        "where window_name = 'all' and dimension = 'customer_tier'"
    )
    for name in ("conversation_count", "csat_average_numerator", "total_cost"):
        assert math.isclose(sum(row[name] or 0 for row in tiers), total[name]), name


def test_events_of_the_storage_schema_are_all_there(rows):
    found = {
        row["event_type"]: row["n"]
        for row in rows("select event_type, count(*) as n from marts.events group by 1")
    }
    assert found == REALISED["event_types"]


def test_samples_are_few_and_of_every_kind(rows):
    samples = rows("from marts.conversation_samples")
    counts = defaultdict(list)
    for sample in samples:
        counts[sample["started_week"], sample["reason"]].append(sample["sample_number"])
    assert all(sorted(n) == [1, 2, 3][: len(n)] for n in counts.values())
    assert {"converted", "resolved", "dropped"} <= {s["reason"] for s in samples}
    ends = {
        (row["conversation_id"], row["place"]): row["content"]
        for row in rows(
            "select conversation_id, content, "
            "case message_position when 1 then 'first' else 'last' end as place "
            "from (select *, max(message_position) over (partition by conversation_id) "
            "as n from marts.messages) where message_position in (1, n)"
        )
    }
    for sample in samples:
        first = ends.get((sample["conversation_id"], "first"))
        last = ends.get((sample["conversation_id"], "last"), first)
        assert (sample["first_message"], sample["last_message"]) == (first, last)
