"""Alerts: the SQL against a Python reference, the ledger, delivery over real HTTP."""

import random
import shutil
from datetime import datetime, timedelta

import duckdb
import pytest

from scripts.alert_notices import Episode, missing
from scripts.alert_replay import Replay, compiled

RULE = {
    "rule_id": "r",
    "metric_name": "response_rate",
    "dimension": "all",
    "segment": "all",
    "condition": "drops_below",
    "threshold": 0.5,
    "threshold_kind": "absolute",
    "baseline": None,
    "window_name": "1_hour",
    "severity": "high",
    "min_sample": 20,
    "standard_errors": 3.0,
    "lag_hours": 0,
    "pending_periods": 1,
    "recovering_periods": 1,
    "no_data_policy": "no_data",
}
HOUR = timedelta(hours=1)
START = datetime(2026, 3, 2)


@pytest.fixture(scope="module")
def warehouse(sample_warehouse, tmp_path_factory):
    path = tmp_path_factory.mktemp("alerts") / "w.duckdb"
    shutil.copy(sample_warehouse, path)
    return path


@pytest.fixture(scope="module")
def sql(warehouse):
    return compiled(warehouse, 90)


def machine(outcomes, pending, recovering):
    """The alert as a person would write it down: the states of a list of outcomes."""
    is_open, broken, good, states = False, 0, 0, []
    for outcome in outcomes:
        if outcome is None:
            states.append("no_data")
            continue
        broken, good = (broken + 1, 0) if outcome else (0, good + 1)
        if broken >= pending:
            is_open = True
        if good >= recovering:
            is_open = False
        if outcome:
            states.append("firing" if is_open else "pending")
        else:
            states.append("recovering" if is_open else "ok")
    return states


def test_the_state_machine_is_that_of_the_reference(warehouse, sql):
    dice = random.Random(5)
    rows, expected = [], {}
    for number in range(300):
        pending, recovering = dice.randint(1, 4), dice.randint(1, 4)
        stay, outcomes = dice.random(), [None]
        for _ in range(dice.randint(1, 60)):
            new = dice.choice([True, False, None])
            outcomes.append(outcomes[-1] if dice.random() < stay else new)
        expected[str(number)] = machine(outcomes, pending, recovering)
        rows += [
            (str(number), 1000 + hour, outcome, pending, recovering)
            for hour, outcome in enumerate(outcomes)
        ]
    dice.shuffle(rows)
    replay = Replay(warehouse, sql)
    replay.connection.execute(
        "create temp table random_outcomes (segment varchar, hour_number bigint, "
        "outcome boolean, pending_periods bigint, recovering_periods bigint)"
    )
    replay.connection.executemany(
        "insert into random_outcomes values (?,?,?,?,?)", rows
    )
    replay.give(
        "int_alert_outcomes_judged",
        "select 'r' as rule_id, *, 0.0 as value, 0.0 as usual_value, 0.0 as margin, "
        "0.0 as reference_value, 0.0 as lower_limit, 0.0 as upper_limit, "
        "0 as sample_size, false as is_inhibited from random_outcomes",
    )
    found = replay.run(["int_alert_states_sequenced"]).execute(
        "select segment, list(state order by hour_number) "
        "from intermediate.int_alert_states_sequenced group by segment"
    )
    assert dict(found.fetchall()) == expected


def judge(warehouse, sql, hours, rules=(), as_of=None):
    """Runs the models on {metric: rows of hour, sums}; hours are whole from START."""
    replay = Replay(warehouse, sql)
    connection = replay.connection
    connection.execute(
        "create temp table made_up (metric_name varchar, metric_hour timestamp, "
        "numerator double, denominator double, sample_size bigint, sum_xx double, "
        "sum_xy double, sum_yy double)"
    )
    rows = [
        (metric, START + hour * HOUR, x, y, n, x, x, y)
        for metric, counts in hours.items()
        for hour, (x, y, n) in counts.items()
    ]
    connection.executemany(f"insert into made_up values ({', '.join('?' * 8)})", rows)
    replay.give(
        "metrics_hourly", "select *, 'all' as dimension, 'all' as segment from made_up"
    )
    replay.give("as_of", "select ?::timestamp as as_of", [as_of])
    columns = ", ".join(f"? as {name}" for name in RULE)
    given = [{**RULE, **rule} for rule in rules]
    replay.give(
        "alert_rules",
        "select * replace (baseline::double as baseline) from ("
        + " union all ".join(f"select {columns}" for _ in given)
        + ")",
        [value for rule in given for value in rule.values()],
    )
    return replay.run()


def flags(connection):
    result = connection.execute("select * from marts.alert_flags")
    names = [column[0] for column in result.description]
    return {row[0]: dict(zip(names, row, strict=True)) for row in result.fetchall()}


def steady(hours, rate, n=100):
    return {hour: (round(rate * n), n, n) for hour in range(hours)}


def test_a_rule_knows_direction_sample_and_noise(warehouse, sql):
    hours = 24 * 40
    response, escalation = steady(hours, 0.6), steady(hours, 0.12)
    response[hours - 1], escalation[hours - 1] = (30, 100, 100), (2, 100, 100)
    rules = [
        {"rule_id": "far_below"},
        {"rule_id": "within_noise", "threshold": 0.35},
        {"rule_id": "as_published", "threshold": 0.35, "standard_errors": 0},
        {"rule_id": "few", "min_sample": 101},
        {
            "rule_id": "better",
            "metric_name": "escalation_rate",
            "condition": "deviates_from_baseline",
            "threshold": 0.1,
            "threshold_kind": "relative",
            "baseline": 0.12,
        },
        {"rule_id": "previous", "condition": "drops_vs_previous", "threshold": 0.1},
        {"rule_id": "spike", "condition": "spikes", "threshold": 0.1},
        {"rule_id": "late", "lag_hours": 1},
        {"rule_id": "pending", "pending_periods": 2},
    ]
    as_of = START + hours * HOUR
    found = flags(
        judge(
            warehouse,
            sql,
            {"response_rate": response, "escalation_rate": escalation},
            rules,
            as_of,
        )
    )
    assert {rule: flag["state"] for rule, flag in found.items()} == {
        "far_below": "firing",
        "within_noise": "ok",  # 0.30 is under 0.35, by less than three errors
        "as_published": "firing",
        "few": "no_data",
        "better": "ok",
        "previous": "firing",
        "spike": "ok",
        "late": "ok",
        "pending": "pending",
    }
    flag = found["far_below"]
    assert (flag["value"], flag["sample_size"], flag["fired_at"]) == (0.3, 100, as_of)
    assert flag["window_starts_at"] == as_of - HOUR
    # One conversation varies as in the 28 days and the hour: the binomial formula.
    n, x = 24 * 28 * 100 + 100, 24 * 28 * 60 + 30
    error = (x / n * (1 - x / n) * n / (n - 1) / 100) ** 0.5
    assert flag["margin"] == pytest.approx(3 * error, rel=1e-9)


def test_totals_are_held_against_the_same_hours_of_earlier_weeks(warehouse, sql):
    hours = 24 * 40
    volume = {
        hour: (n, n, n)
        for hour in range(hours)
        for n in [400 if 8 <= hour % 24 < 20 else 40]
    }
    noon = hours - 12
    rules = [
        {
            "rule_id": "drop",
            "metric_name": "conversations_started",
            "condition": "drops_vs_previous",
            "threshold": 0.5,
            "threshold_kind": "relative",
        },
        {
            "rule_id": "spike",
            "metric_name": "conversations_started",
            "condition": "spikes",
            "threshold": 0.5,
            "threshold_kind": "relative",
        },
    ]

    def states(last):
        given = {"conversations_started": volume | {noon - 1: (last, last, last)}}
        found = flags(judge(warehouse, sql, given, rules, START + noon * HOUR))
        return found["drop"]["state"], found["spike"]["state"]

    assert states(400) == ("ok", "ok")  # ten times the night before
    assert states(0) == ("firing", "ok")
    assert states(900) == ("ok", "firing")


def test_metric_alerts_are_quiet_while_data_is_stale(warehouse, sql):
    hours = 24 * 40
    rules = [
        {
            "rule_id": "stale",
            "metric_name": "hours_since_activity",
            "condition": "exceeds",
            "threshold": 24,
            "min_sample": 0,
        },
        {"rule_id": "open", "no_data_policy": "breach"},
        {
            "rule_id": "volume",
            "metric_name": "conversations_started",
            "condition": "drops_vs_previous",
            "threshold_kind": "relative",
        },
    ]
    given = {
        "response_rate": steady(hours, 0.6),
        "conversations_started": steady(hours, 1),
    }
    before = flags(judge(warehouse, sql, given, rules, START + (hours + 24) * HOUR))
    after = flags(judge(warehouse, sql, given, rules, START + (hours + 25) * HOUR))
    assert before["stale"]["state"] == "ok"
    assert before["open"]["state"] == before["volume"]["state"] == "firing"
    assert after["stale"]["state"] == "firing"
    assert after["open"]["state"] == after["volume"]["state"] == "no_data"
    assert after["open"]["is_firing"] and after["open"]["is_inhibited"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"metric_name": "sales"}, "there is no metric 'sales'"),
        ({"window_name": "2_hours"}, "window_name '2_hours' is none of 1_hour, "),
        ({"condition": "falls"}, "condition 'falls' is none of drops_below, "),
        ({"dimension": "moon", "segment": "x"}, "no segment dimension 'moon'"),
        ({"segment": "sms"}, "dimension all goes with segment all"),
        ({"severity": "bad"}, "severity 'bad' is none of info, "),
        ({"pending_periods": 0}, "pending_periods and recovering_periods are 1"),
        ({"lag_hours": 721}, "lag_hours is not within 0 and 720"),
    ],
)
def test_a_bad_rule_is_an_error_that_names_it(warehouse, sql, bad, message):
    with pytest.raises(duckdb.Error) as error:
        judge(warehouse, sql, {}, [{"rule_id": "mine", **bad}], START)
    assert "alert_rules.csv, rule mine: " in str(error.value)
    assert message in str(error.value)


def told_after(told, changed):
    """The ledger after `missing`, and the notices as (event, episode number)."""
    notices = []
    for number, episode in sorted(changed.items()):
        if number == len(told):
            told = [*told, episode]
            notices.append(("fired", number))
        else:
            told = [*told[:number], episode, *told[number + 1 :]]
        if episode.resolved_at:
            notices.append(("resolved", number))
    return told, notices


def episodes_of(states):
    """The episodes of a list of states, an hour each."""
    found, is_open = [], False
    for hour, state in enumerate(states):
        at = START + hour * HOUR
        if state == "firing" and not is_open:
            found, is_open = [*found, Episode(at)], True
        if state == "ok" and is_open:
            found[-1], is_open = Episode(found[-1].fired_at, at), False
    return found


@pytest.mark.parametrize("is_mended", [False, True])
def test_late_and_repeated_evaluations_tell_each_transition_once(is_mended):
    """Random histories, evaluated at random hours, some twice; data may be mended."""
    for seed in range(300):
        dice = random.Random(seed)
        outcomes = [dice.random() < 0.4 for _ in range(80)]
        told, notices, hour = [], [], 0
        while hour < 80:
            hour = min(80, hour + dice.choice([0, 1, 1, 5, 20]))
            if is_mended:
                outcomes[dice.randrange(80)] = dice.random() < 0.4
            seen = episodes_of(machine(outcomes[:hour], 2, 2))
            for _ in range(2):
                now = START + hour * HOUR
                told, new = told_after(told, missing(told, seen, now))
                notices += new
            assert missing(told, seen, START + hour * HOUR) == {}
            # What was told last is how it is.
            is_open = bool(seen) and seen[-1].resolved_at is None
            assert is_open == (bool(told) and any(e.resolved_at is None for e in told))
            for episode in seen:
                assert any(episode.touches(other) for other in told)
        assert len(set(notices)) == len(notices)
        if not is_mended:
            assert told == seen
