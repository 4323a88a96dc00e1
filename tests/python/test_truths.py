"""The marts over the sample exports find what the generator says it put in."""

import json

import duckdb
import pytest

from tests.python.conftest import PROJECT

TRUTHS = json.loads((PROJECT / "exports/truths.json").read_text())
REALISED, PLANTED = TRUTHS["realised"], TRUTHS["planted"]


@pytest.fixture(scope="module")
def query(sample_warehouse):
    """Runs SQL on the built sample: query("select ...") gives the first row."""
    with duckdb.connect(str(sample_warehouse), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()[0]


def test_conversations_by_feed(query):
    found = query(
        "select count(*), count(*) filter (in_events), count(*) filter (in_insights), "
        "count(*) filter (in_support_metrics) from marts.conversations"
    )
    feeds = REALISED["in_feeds"]
    assert found == (
        REALISED["conversations"]["all"],
        feeds["events"],
        feeds["conversations"],
        feeds["support_metrics"],
    )


def test_messages_by_sender(query):
    senders = REALISED["messages"]
    found = query(
        "select sum(bot_messages), sum(agent_messages), sum(customer_messages), "
        "sum(human_messages), sum(message_count) "
        "from marts.conversations where in_events"
    )
    assert found == (
        senders["bot"],
        senders["agent"],
        senders["prospect"],
        senders["agent"] + senders["prospect"],
        sum(senders.values()),
    )


@pytest.mark.parametrize(
    "stage",
    ["responded", "qualified", "booked", "attended", "opportunity", "converted"],
)
def test_stages(query, stage):
    found = query(f"select count(*) filter (is_{stage}) from marts.conversations")
    assert found[0] == REALISED["funnel"]["all"]["all"][stage]


def test_declared_outcomes(query):
    for outcome, count in REALISED["outcomes"].items():
        found = query(
            "select count(*) from marts.conversations "
            f"where declared_outcome = '{outcome}'"
        )
        assert found[0] == count, outcome


def test_money(query):
    revenue, cost = query("select sum(revenue), sum(cost) from marts.conversations")
    money = REALISED["money"]
    assert round(revenue * 100) == money["revenue_cents"]
    # A conversation with both kinds of cost counts its support points alone.
    both = query(
        "select coalesce(sum(roles.cost), 0) "
        "from intermediate.int_event_roles_aggregated_to_conversations as roles "
        "join intermediate.int_metric_points_aggregated_to_conversations as points "
        "using (conversation_id) where points.cost_sum is not null"
    )[0]
    expected = money["event_cost_cents"] + money["support_cost_cents"]
    assert round((cost + both) * 100) == expected


def test_satisfaction(query):
    csat = REALISED["csat"]
    found = query(
        "select sum(csat_count), sum(csat_sum) from marts.conversations "
        "where in_support_metrics and csat_count > 0 and conversation_id in "
        "(select conversation_id from staging.stg_support__metric_points "
        "where metric_name = 'csat' and is_valid)"
    )
    assert found == (csat["metric_count"], csat["metric_sum"])
    found = query(
        "select sum(survey_count), sum(survey_sum) "
        "from intermediate.int_event_roles_aggregated_to_conversations"
    )
    assert found == (csat["survey_count"], csat["survey_sum"])


def test_sentiment(query):
    count, total = query(
        "select count(sentiment), sum(sentiment) from marts.messages "
        "where feed = 'events'"
    )
    assert count == REALISED["sentiment"]["count"]
    assert round(total * 100) == REALISED["sentiment"]["sum_hundredths"]


def test_resolution_and_escalation_of_support(query):
    found = query(
        "select count(*) filter (conversations.is_resolved), "
        "count(*) filter (points.escalation_sum > 0), sum(points.turns_sum) "
        "from marts.conversations join "
        "intermediate.int_metric_points_aggregated_to_conversations as points "
        "using (conversation_id)"
    )
    support = REALISED["support"]
    assert found == (support["resolved"], support["escalated"], support["turns"])


def test_suggestions_by_type(query):
    for kind, truth in REALISED["assist"]["suggestions"].items():
        if kind == "all":
            continue
        found = query(
            "select count(*), count(*) filter (is_displayed), "
            "count(*) filter (is_clicked) from marts.suggestions "
            f"where annotation_type = '{kind}'"
        )
        assert found == (truth["count"], truth["displayed"], truth["clicked"]), kind


@pytest.mark.parametrize("kind", ["legacy", "generator"])
def test_summaries(query, kind):
    truth = REALISED["assist"]["summaries"][kind]
    found = query(
        "select count(*) filter (is_edited), "
        "count(*) filter (edited_summary = suggested_summary), "
        "count(*) filter (edited_summary is null) "
        f"from marts.summary_edits where summary_kind = '{kind}'"
    )
    assert found == (truth["edited"], truth["verbatim"], truth["no_feedback"])


@pytest.mark.parametrize(
    ("check", "feed", "truth"),
    [
        ("value_above_range", "support_metrics", "csat_7"),
        ("value_below_range", "support_metrics", "negative_resolution_time"),
        ("time_implausible", "events", "future_timestamp"),
    ],
)
def test_dirt_is_counted_and_kept_out(query, check, feed, truth):
    found = query(
        "select sum(row_count) from marts.data_quality "
        f"where check_name = '{check}' and feed = '{feed}'"
    )
    assert found[0] == REALISED["lines"]["dirty"][truth]


def test_unknown_types_copies_and_extra_fields_are_counted(query):
    lines = REALISED["lines"]
    counted = dict(
        (
            check,
            query(
                "select coalesce(sum(row_count), 0) from marts.data_quality "
                f"where check_name = '{check}'"
            )[0],
        )
        for check in ("unknown_event_type", "superseded", "field_unknown")
    )
    assert counted == {
        "unknown_event_type": lines["unknown_event_types"],
        "superseded": lines["duplicates"] + lines["reexports"],
        "field_unknown": lines["extra_field"],
    }


def test_the_incident_day_is_the_worst(query):
    worst = query(
        "select cast(started_date as varchar) from marts.conversations where in_events "
        "group by started_date having sum(bot_messages) >= 20 "
        "order by sum(fallback_count) / sum(bot_messages) desc limit 1"
    )
    assert worst[0] == PLANTED["incident_date"]


def test_the_planted_segment_qualifies_more_often(query):
    (segment,) = PLANTED["qualified_lift"]
    inside, outside = query(
        f"select avg(is_qualified::int) filter (industry = '{segment}'), "
        f"avg(is_qualified::int) filter (industry != '{segment}') "
        "from marts.conversations where is_responded and industry is not null"
    )
    assert inside > outside
