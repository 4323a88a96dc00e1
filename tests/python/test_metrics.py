"""The metric layer: declared once, right in every roll-up."""

import json
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest

from scripts.land_exports import land
from scripts.metric_cards import cards
from tests.python.conftest import MODELS_ONLY, PROJECT, assert_same, contents

# The contract of the design, to the letter, and what the support marts add.
NAMES = [
    "conversations_started",
    "messages_per_conversation",
    "bot_messages_per_conversation",
    "human_messages_per_conversation",
    "response_rate",
    "engagement_rate",
    "qualification_rate",
    "booking_rate",
    "show_rate",
    "opportunity_rate",
    "conversion_rate",
    "overall_conversion_rate",
    "qualified_leads",
    "meetings_booked",
    "deals_closed",
    "revenue_attributed",
    "sentiment_average",
    "sentiment_trend",
    "csat_average",
    "csat_detractor_rate",
    "csat_response_rate",
    "understanding_accuracy",
    "response_appropriateness",
    "fallback_rate",
    "error_rate",
    "escalation_rate",
    "human_takeover_rate",
    "automation_rate",
    "resolution_rate",
    "response_seconds",
    "time_to_qualification_seconds",
    "time_to_booking_seconds",
    "duration_seconds",
    "touches_per_conversion",
    "resolution_minutes",
    "turns_per_conversation",
    "cost_per_conversation",
    "total_cost",
    "cost_per_resolution",
    "sentence_trigger_rate",
    "conversation_trigger_rate",
    "click_through_rate",
    "effective_click_through_rate",
    "smart_reply_verbatim_rate",
    "smart_reply_edit_rate",
    "summary_edit_distance",
    "summary_edit_rate",
    "summary_edit_percentage",
    "support_conversations",
]


@pytest.fixture(scope="module")
def rows(sample_warehouse):
    """Runs SQL on the built sample: rows("select ...") gives all rows."""
    with duckdb.connect(str(sample_warehouse), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def event(kind, conversation, when, **properties):
    return json.dumps(
        {
            "event_type": kind,
            "conversation_id": conversation,
            "timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "properties": properties,
        }
    )


def write_events(root, name, lines):
    (root / "events").mkdir(parents=True, exist_ok=True)
    (root / "events" / f"{name}.jsonl").write_text("\n".join(lines))


def test_every_metric_of_the_documents_is_declared(rows):
    declared = [
        row[0] for row in rows("select metric_name from marts.metric_definitions")
    ]
    assert len(declared) == len(set(declared))
    assert set(NAMES) <= set(declared)


def test_cards_are_those_of_the_declarations(sample_warehouse):
    assert (PROJECT / "docs/metrics.md").read_text() == cards(sample_warehouse), (
        "run `make metric-cards`"
    )


def sums(pairs):
    """What a roll-up holds of (x, y) a conversation."""
    pairs = [(x or 0, y or 0) for x, y in pairs]
    return (
        sum(x for x, _ in pairs),
        sum(y for _, y in pairs),
        sum(1 for _, y in pairs if y),
        sum(x * x for x, _ in pairs),
        sum(y * y for _, y in pairs),
        sum(x * y for x, y in pairs),
    )


# x and y of a conversation, read off the core marts a second time by hand.
BY_HAND = {
    "qualification_rate": "is_qualified::int, is_responded::int",
    "overall_conversion_rate": "is_converted::int, in_events::int",
    "revenue_attributed": "revenue, in_events::int",
    "fallback_rate": "fallback_count, case when in_events then bot_messages end",
    "csat_average": "csat_sum, csat_count",
    "cost_per_conversation": "cost, (cost is not null)::int",
    "messages_per_conversation": "message_count, (in_events or in_insights)::int",
    "human_takeover_rate": "has_human_takeover::int, in_events::int",
    "engagement_rate": "(in_events and customer_messages > 1)::int, in_events::int",
}


@pytest.mark.parametrize("metric", BY_HAND)
def test_roll_ups_hold_the_sums_of_their_conversations(rows, metric):
    expected = defaultdict(list)
    for date, channel, x, y in rows(
        f"select started_date, coalesce(channel, '(unknown)'), {BY_HAND[metric]} "
        "from marts.conversations"
    ):
        expected[date, "all", "all"].append((x, y))
        expected[date, "channel", channel].append((x, y))
    found = rows(
        "select metric_date, dimension, segment, numerator, denominator, sample_size, "
        f"sum_xx, sum_yy, sum_xy from marts.metrics_daily where metric_name='{metric}' "
        "and dimension in ('all', 'channel')"
    )
    assert len(found) > 50
    for date, dimension, segment, *held in found:
        want = sums(expected.pop((date, dimension, segment)))
        assert held == pytest.approx(want, rel=1e-9, abs=1e-6), (date, segment)
    # Groups without a row have no conversation that the metric is about.
    assert all(sums(pairs)[1] == 0 for pairs in expected.values())


def test_many_valued_segments_hold_a_conversation_once_each(rows):
    expected = dict(
        rows(
            "select objection, count(distinct conversation_id) "
            "from marts.conversations, "
            "unnest(objections_raised) as raised(objection) group by objection"
        )
    )
    found = dict(
        rows(
            "select segment, denominator from marts.metrics_by_window where "
            "metric_name = 'conversations_started' and window_name = 'all' "
            "and dimension = 'objection'"
        )
    )
    assert len(expected) > 2
    assert found == expected


def test_no_data_is_not_zero(rows):
    """A ratio that nobody has data for has no value; a total of none is zero."""
    assert rows(
        "select count(*) from marts.metrics_daily where denominator = 0 "
        "and value is not null"
    ) == [(0,)]
    empty = rows(
        "select count(*) from marts.metrics_daily where metric_name = 'show_rate' "
        "and denominator = 0 and value is null"
    )
    assert empty[0][0] > 0
    zero = rows(
        "select count(*) from marts.metrics_daily where metric_name = 'deals_closed' "
        "and value = 0"
    )
    assert zero[0][0] > 0


def test_windows_are_the_days_they_name(rows):
    """Each window, added up from the days once more."""
    for window, days in (("last_7_days", 7), ("last_30_days", 30)):
        for period, first, last in (("current", days, 0), ("previous", 2 * days, days)):
            expected = rows(
                "select sum(numerator), sum(denominator) from marts.metrics_daily, "
                "intermediate.as_of where metric_name = 'response_rate' "
                f"and dimension = 'all' and metric_date > as_of::date - {first} "
                f"and metric_date <= as_of::date - {last}"
            )
            found = rows(
                "select numerator, denominator from marts.metrics_by_window "
                f"where window_name = '{window}' and period = '{period}' "
                "and metric_name = 'response_rate' and dimension = 'all'"
            )
            assert found == expected and found[0][1] > 0, (window, period)


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Apia"])
def test_days_and_hours_are_those_of_the_reporting_zone(dbt, tmp_path, zone):
    """Against the calendar of zoneinfo, over both changes of the clock."""
    rng = random.Random(zone)
    instants = []
    for year in (2010, 2025):
        for month, day in ((3, 9), (4, 2), (9, 25), (11, 2)):
            start = datetime(year, month, day, tzinfo=UTC) - timedelta(hours=30)
            instants += [
                start + timedelta(minutes=rng.randrange(0, 80 * 60)) for _ in range(25)
            ]
    lines = [
        event("conversation_started", f"c{i}", when) for i, when in enumerate(instants)
    ]
    write_events(tmp_path / "exports", "a", lines)
    warehouse = tmp_path / "w.duckdb"
    land(tmp_path / "exports", warehouse)
    variables = json.dumps({"reporting_timezone": zone})
    dbt(warehouse, "build", *MODELS_ONLY, "--vars", variables)
    expected = defaultdict(int)
    for when in instants:
        local = when.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        expected[local.replace(minute=0, second=0)] += 1
    days = defaultdict(int)
    for hour, count in expected.items():
        days[hour.date()] += count
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for grain, wanted in (("hour", expected), ("day", days)):
            table, column = (
                ("metrics_hourly", "metric_hour")
                if grain == "hour"
                else ("metrics_daily", "metric_date")
            )
            found = connection.execute(
                f"select {column}, numerator from marts.{table} where "
                "metric_name = 'conversations_started' and dimension = 'all'"
            ).fetchall()
            assert dict(found) == dict(wanted), grain


def test_a_late_event_changes_exactly_the_days_it_touches(dbt, tmp_path):
    """A conversation moves a day back: both days are built again, no other."""
    roll_ups = ["--select", "+int_metrics_aggregated_to_days"]
    exports, warehouse = tmp_path / "exports", tmp_path / "w.duckdb"
    day = datetime(2026, 5, 1, 12, tzinfo=UTC)
    lines = [
        event("message_received", f"c{i}", day + timedelta(days=i), sender="customer")
        for i in range(6)
    ]
    write_events(
        exports, "a", [*lines, '{"event_type": "fallback", "conversation_id": "n"}']
    )
    land(exports, warehouse)
    dbt(warehouse, "build", *MODELS_ONLY, *roll_ups)
    with duckdb.connect(str(warehouse)) as connection:
        # A trace that only a rebuilt day loses.
        for grain in ("hours", "days"):
            connection.execute(
                f"update intermediate.int_metrics_aggregated_to_{grain} "
                "set sum_errors = 7"
            )
    late = event("conversation_started", "c3", day + timedelta(days=2, hours=1))
    write_events(exports, "late", [late])
    land(exports, warehouse)
    dbt(warehouse, "build", *MODELS_ONLY, *roll_ups)
    with duckdb.connect(str(warehouse)) as connection:
        for grain in ("hours", "days"):
            table = f"intermediate.int_metrics_aggregated_to_{grain}"
            rebuilt = connection.execute(
                f"select distinct metric_date from {table} where sum_errors != 7"
            ).fetchall()
            # 4 May lost its only conversation and has no row any more.
            assert rebuilt == [((day + timedelta(days=2)).date(),)], grain
            kept = connection.execute(
                f"select count(distinct metric_date), bool_or(metric_date is null) "
                f"from {table}"
            ).fetchall()
            assert kept == [(5, True)], grain
            connection.execute(f"update {table} set sum_errors = 0")
    incremental = contents(warehouse, ("intermediate",))
    dbt(warehouse, "run", "--full-refresh", *roll_ups)
    assert_same(incremental, contents(warehouse, ("intermediate",)))
