"""Alerts: the SQL against a Python reference, the ledger, delivery over real HTTP."""

import json
import random
import shutil
import threading
import time
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import duckdb
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import false_alarms
from scripts import alert_backtest, alert_notices, alerts
from scripts.alert_notices import Episode, missing
from scripts.alert_replay import MODELS, Replay

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
def sql(sample):
    """{model: the SQL it was built with}, as scripts.alert_replay.compiled gives it."""
    files = {path.stem: path for path in sample.glob("compiled/**/*.sql")}
    return {model: files[model].read_text() for model in MODELS}


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
    if rows:
        marks = ", ".join("?" * 8)
        connection.executemany(f"insert into made_up values ({marks})", rows)
    replay.give(
        "int_metrics_listed_by_hour",
        "select *, 'all' as dimension, 'all' as segment from made_up",
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
    response[hours - 1], escalation[hours - 1] = (30, 100, 100), (0, 100, 100)
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
        {
            "rule_id": "risen",
            "condition": "deviates_from_baseline",
            "threshold": 0.01,
            "baseline": 0.1,
        },
        {
            "rule_id": "previous",
            "condition": "drops_vs_previous",
            "threshold": 0.1,
            "threshold_kind": "relative",
        },
        {"rule_id": "spike", "condition": "spikes", "threshold": 0.1},
        {
            "rule_id": "short_as_usual",
            "condition": "deviates_from_baseline",
            "threshold": 0.1,
            "threshold_kind": "relative",
            "baseline": 0.9,
            "window_name": "1_day",
        },
        {
            "rule_id": "worse_than_usual",
            "condition": "deviates_from_baseline",
            "threshold": 0.1,
            "threshold_kind": "relative",
            "baseline": 0.9,
        },
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
        "risen": "ok",
        "previous": "firing",
        "spike": "ok",
        "short_as_usual": "ok",  # never met 0.9, and a day is as days are
        "worse_than_usual": "firing",
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
        for n in [
            (400 if 8 <= hour % 24 < 20 else 40) * (10 if hour // 24 % 7 == 3 else 1)
        ]
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
        told, notices, hour, known_until = [], [], 0, START
        while hour < 80:
            hour = min(80, hour + dice.choice([0, 1, 1, 5, 20]))
            if is_mended:
                outcomes[dice.randrange(80)] = dice.random() < 0.4
            seen = episodes_of(machine(outcomes[:hour], 2, 2))
            now = START + hour * HOUR
            for _ in range(2):
                told, new = told_after(told, missing(told, seen, now, known_until))
                notices += new
                known_until = now
            assert missing(told, seen, now, now) == {}
            # What was told last is how it is.
            is_open = bool(seen) and seen[-1].resolved_at is None
            assert is_open == (bool(told) and any(e.resolved_at is None for e in told))
            for episode in seen:
                assert any(other.touches(episode, now) for other in told)
        assert len(set(notices)) == len(notices)
        if not is_mended:
            assert told == seen, seed


class Receiver(BaseHTTPRequestHandler):
    """Answers as the server's `answers` say, in turn; afterwards takes everything."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.server.answers.pop(0) if self.server.answers else 200
        self.server.got.append((answer, self.headers["Idempotency-Key"], body))
        if answer == "hangs":
            time.sleep(1.5)
        elif answer == "hangs up":
            self.connection.close()
        else:
            self.send_response(answer)
            self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.answers, server.got = [], []
    server.url = f"json://:s3cret@127.0.0.1:{server.server_port}/x?rto=0.3&cto=0.3"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ledger():
    """A warehouse in memory with two alerts that fired and one that was resolved."""
    connection = duckdb.connect()
    connection.execute("create schema marts")
    connection.execute(
        "create table marts.alert_flags as select 'r' as rule_id, 'all' as segment, "
        "timestamp '2026-03-02 09:00' as evaluated_at"
    )
    connection.execute(
        "create table marts.alert_history (rule_id varchar, segment varchar, "
        "event varchar, changed_at timestamp)"
    )
    alert_notices.decide(connection, word)
    connection.execute(
        "insert into marts.alert_history values "
        "('r', 'all', 'fired', '2026-03-02 10:00'),"
        "('r', 'all', 'resolved', '2026-03-02 12:00'),"
        "('r', 'all', 'fired', '2026-03-02 15:00')"
    )
    connection.execute("update marts.alert_flags set evaluated_at = '2026-03-02 16:00'")
    assert alert_notices.decide(connection, word) == 3
    return connection


def word(rule, segment, event, at):
    return f"{event} {rule}", f"at {at}"


def test_every_notice_arrives_in_order_whatever_the_server_does(ledger, receiver):
    receiver.answers = [500, "hangs", "hangs up", 200, 500]
    waited = []
    done = alert_notices.deliver(ledger, receiver.url, waited.append)
    assert done == (3, [])
    taken = [(key, body) for answer, key, body in receiver.got if answer == 200]
    assert [body["title"] for _, body in taken] == ["fired r", "resolved r", "fired r"]
    keys = [key for key, _ in taken]
    assert len(set(keys)) == 3 and keys[0] == "r/all/2026-03-02T10/0/fired"
    assert {key for _, key, _ in receiver.got[:4]} == {keys[0]}
    assert waited == [1, 2, 4, 1]
    # Nothing is left to send, and nothing is decided again.
    assert alert_notices.decide(ledger, word) == 0
    assert alert_notices.deliver(ledger, receiver.url) == (0, [])


def test_what_a_channel_did_not_take_waits_and_others_go_on(ledger, receiver):
    receiver.answers = [500] * 4
    urls = f"{receiver.url} json://127.0.0.1:9/nobody {receiver.url}&again=1"
    delivered, failed = alert_notices.deliver(ledger, urls, lambda _: None)
    assert (delivered, failed) == (3, ["JSON", "JSON"])
    assert alert_notices.deliver(ledger, receiver.url) == (3, [])
    stored = ledger.execute("select * from operations.alert_attempts").fetchall()
    assert "s3cret" not in str(stored) and str(receiver.server_port) not in str(stored)


def test_an_earlier_evaluation_and_old_history_are_no_news(ledger):
    ledger.execute(
        "insert into marts.alert_history values "
        "('r', 'all', 'fired', '2026-03-01 10:00'),"
        "('r', 'all', 'resolved', '2026-03-01 12:00')"
    )
    assert alert_notices.decide(ledger, word) == 0
    ledger.execute("delete from marts.alert_history")
    ledger.execute("update marts.alert_flags set evaluated_at = '2026-03-02 15:00'")
    assert alert_notices.decide(ledger, word) == 0
    # The later evaluation knows that nothing fires: what was told is taken back, once.
    ledger.execute("update marts.alert_flags set evaluated_at = '2026-03-02 17:00'")
    assert alert_notices.decide(ledger, word) == 1
    assert alert_notices.decide(ledger, word) == 0


def test_a_url_nobody_knows_is_named_by_its_place(ledger):
    with pytest.raises(Exception, match="URL 1 of ALERT_URLS") as error:
        alert_notices.deliver(ledger, "nonsense://s3cret")
    assert "s3cret" not in str(error.value)


def test_the_sample_alarms_on_the_incident_day_and_on_no_other(warehouse):
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        fired = connection.execute(
            "select rule_id, changed_at::date::varchar from marts.alert_history "
            "where event = 'fired' order by rule_id"
        ).fetchall()
    assert fired == [
        ("error_rate_increasing", "2026-10-14"),
        ("fallback_rate_increasing", "2026-10-14"),
        ("sentiment_declining", "2026-10-14"),
    ]


def test_alerts_on_the_incident_day_say_what_where_and_how_far(
    warehouse, dbt, receiver, tmp_path, monkeypatch
):
    copy = tmp_path / "w.duckdb"
    shutil.copy(warehouse, copy)
    chosen = ["--select", "as_of", "int_alert_rules_checked+"]
    dbt(copy, "run", *chosen, "--vars", "{as_of: '2026-10-14 20:00:00'}")
    monkeypatch.setenv("ALERT_URLS", receiver.url)
    arguments = ["--warehouse", str(copy), "--json", str(tmp_path / "a.json")]
    done = CliRunner().invoke(alerts.main, [*arguments, "--fail-on", "high"])
    assert done.exit_code == 4, done.output
    assert "s3cret" not in done.output
    firing = json.loads((tmp_path / "a.json").read_text())["firing"]
    assert "fallback_rate_increasing" in [flag["rule_id"] for flag in firing]
    (text,) = [
        body["message"]
        for _, key, body in receiver.got
        if key.startswith("fallback_rate_increasing/")
    ]
    for part in ("Fallback rate: 36.2% in 1_day", "13 conversations", "Distance: +0.3"):
        assert part in text
    for part in ("Fired 2026-10-14 1", "Moved most by: ", "docs/alerts.md"):
        assert part in text
    sent = len(receiver.got)
    done = CliRunner().invoke(alerts.main, arguments)
    assert done.exit_code == 0 and len(receiver.got) == sent


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "conversations"), [(2, 600), (3, 600), (4, 4000)])
def test_no_rule_fires_where_nothing_happens(tmp_path, seed, conversations):
    found = false_alarms.alarms(tmp_path, seed, conversations, days=60)
    assert len(found) == 21
    assert {rule: episodes for rule, episodes in found.items() if episodes} == {}


@pytest.mark.slow
def test_predicted_alarms_are_those_of_the_months_held_back(warehouse, tmp_path):
    """Independent conversations, a rule with many false alarms: within 20 %."""
    dice = np.random.default_rng(3)
    days, hours = 450, 450 * 24
    counts, end = dice.poisson(20, hours), START + timedelta(days=450)
    replies = dice.binomial(counts, 0.6)
    copy = tmp_path / "w.duckdb"
    shutil.copy(warehouse, copy)
    with duckdb.connect(str(copy)) as connection:
        columns = {
            "metric_hour": np.datetime64(START, "us")
            + np.arange(hours) * np.timedelta64(1, "h"),
            "x": replies.astype(float),
            "y": counts.astype(float),
            "n": counts,
        }
        connection.register("made_up", columns)
        connection.execute(
            "create or replace table intermediate.int_metrics_listed_by_hour as "
            "select metric_hour, "
            "'response_rate' as metric_name, 'all' as dimension, 'all' as segment, "
            "x as numerator, y as denominator, n as sample_size, x as sum_xx, "
            "x as sum_xy, y as sum_yy from made_up"
        )
        connection.execute(
            "update seeds.alert_rules set standard_errors = 1, lag_hours = 0, "
            "min_sample = 10, recovering_periods = 1 "
            "where rule_id = 'response_rate_low'"
        )
        set_as_of = "create or replace table intermediate.as_of as select ? as as_of"
        connection.execute(set_as_of, [START + timedelta(days=151)])
    rule = alert_backtest.rule_of(copy, "response_rate_low")
    expected = alert_backtest.expectations(copy, rule, 150, seed=1)
    with duckdb.connect(str(copy)) as connection:
        connection.execute(set_as_of, [end])
    realised = len(alert_backtest.history(copy, rule, days - 150)) / 10
    assert expected["alarms_a_month"] == pytest.approx(realised, rel=0.2)
    assert expected["detected"][0.2][0] == 1
