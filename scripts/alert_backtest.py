"""What to expect of an alert rule: when it would have fired, alarms a month, delays.

History is replayed by the rule's own SQL. For expectations, days of history are drawn
again and again (each weekday from its own), which leaves days as they are and takes
away what changed between them; into some of these histories a worsening is planted.
"""

from datetime import datetime, timedelta

import click
import duckdb
import numpy as np

from scripts.alert_replay import Replay, compiled

TERMS = ["numerator", "denominator", "sample_size", "sum_xx", "sum_xy", "sum_yy"]
WORSENINGS = (0, 0.05, 0.10, 0.20, 0.25)  # 0: what chance alone does
HISTORIES = 30  # made up for each worsening
SIMULATED_DAYS = 60
LOOKBACK_DAYS = 66  # what the models sum up before the first evaluated hour, and a day
PLANTED_AFTER_DAYS = 14
END = datetime(2001, 1, 1)  # a Monday, as every made-up history ends


def report(warehouse, rule_id, days, seed=1):
    """Lines of text about a rule of this warehouse."""
    rule = rule_of(warehouse, rule_id)
    fired = history(warehouse, rule, days)
    limit = f"{rule['condition']} {rule['threshold']:g}"
    yield f"{rule_id}: {limit}, {rule['window_name']}."
    yield f"In the last {days} days it would have fired {len(fired)} times."
    for segment, at, until in fired:
        yield f"  {at:%F %H:%M} to {f'{until:%F %H:%M}' if until else 'now'}  {segment}"
    if rule["metric_name"] == "hours_since_activity":
        return
    expected = expectations(warehouse, rule, days, seed)
    alarms = expected["alarms_a_month"]
    yield f"Expected without any change: {alarms:.2f} alarms a month."
    span = SIMULATED_DAYS - PLANTED_AFTER_DAYS
    for worsening, (share, delay) in expected["detected"].items():
        text = f"in {share:.0%} of histories it fires within {span} days"
        text += f", half of these within {delay:.0f} hours" if share else ""
        yield f"A worsening of {worsening:.0%}: {text}."
    minimum = expected["minimum_sample"]
    yield (
        f"Recommended minimum sample: {minimum:,} conversations (the rule has "
        f"{rule['min_sample']:,})."
        if minimum
        else "The usual value is beyond the limit: no sample keeps it quiet."
    )


def rule_of(warehouse, rule_id):
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select rules.*, kind, better_direction, is_share "
            "from seeds.alert_rules as rules left join marts.metric_definitions "
            "using (metric_name) where rule_id = ?",
            [rule_id],
        )
        names = [column[0] for column in found.description]
        rows = found.fetchall()
    if not rows:
        raise click.UsageError(f"There is no rule {rule_id} in the seed alert_rules.")
    return dict(zip(names, rows[0], strict=True))


def history(warehouse, rule, days):
    """[(segment, fired, resolved or None)] on the real numbers."""
    replay = Replay(warehouse, compiled(warehouse, days))
    replay.give(
        "alert_rules",
        "select * from source_.seeds.alert_rules where rule_id = ?",
        [rule["rule_id"]],
    )
    return episodes(replay.run())


def episodes(connection):
    return connection.execute(
        "select segment, changed_at, resolved_at from (select *, lead(changed_at) over "
        "(partition by segment order by changed_at) as resolved_at "
        "from marts.alert_history where event is not null) "
        "where event = 'fired' order by changed_at, segment"
    ).fetchall()


def days_of(warehouse, rule, days):
    """Sums by weekday: {weekday: array of days x 24 hours x TERMS}, whole days only."""
    terms = ", ".join(f"sum({term})::double" for term in TERMS)
    segment = "" if rule["segment"] == "*" else "and segment = $segment"
    given = {"metric": rule["metric_name"], "dimension": rule["dimension"]}
    given |= {"segment": rule["segment"]} if segment else {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        ((first, last),) = connection.execute(
            "select min(metric_hour)::date, max(metric_hour)::date "
            "from intermediate.int_metrics_listed_by_hour where metric_hour <= "
            "(select as_of from intermediate.as_of)"
        ).fetchall()
        if first is None:
            raise click.UsageError("The warehouse has no history to draw from.")
        rows = connection.execute(
            f"select metric_hour, {terms} from intermediate.int_metrics_listed_by_hour "
            "where metric_name = $metric and dimension = $dimension "
            f"{segment} group by metric_hour",
            given,
        ).fetchall()
    # The first and the last day are seldom whole.
    first = max(first + timedelta(days=1), last - timedelta(days=days))
    count = (last - first).days
    if count < 14:
        raise click.UsageError("A backtest needs two weeks of history at least.")
    sums = np.zeros((count, 24, len(TERMS)))
    for at, *values in rows:
        day = (at.date() - first).days
        if 0 <= day < count:
            sums[day, at.hour] = values
    weekday = (np.arange(count) + first.weekday()) % 7
    return {number: sums[weekday == number] for number in range(7)}


def worsened(rule, sums, by):
    """The sums of conversations that do worse by a share."""
    rises = rule["condition"] in ("exceeds", "spikes") or (
        rule["condition"] == "deviates_from_baseline"
        and rule["better_direction"] == "down"
    )
    factor = 1 + by if rises else 1 - by
    sums = sums.copy()
    if rule["metric_name"] == "conversations_started":
        return sums * factor  # fewer or more conversations
    of_numerator = [TERMS.index(term) for term in ("numerator", "sum_xy")]
    sums[..., of_numerator] *= factor
    sums[..., TERMS.index("sum_xx")] *= factor if rule["is_share"] else factor**2
    return sums


def expectations(warehouse, rule, days, seed):
    """Alarms a month, {worsening: (share detected, hours)}, minimum sample."""
    by_weekday = days_of(warehouse, rule, days)
    dice = np.random.default_rng(seed)
    total = LOOKBACK_DAYS + SIMULATED_DAYS
    start = END - timedelta(days=total)
    planted = END - timedelta(days=SIMULATED_DAYS - PLANTED_AFTER_DAYS)
    values, names = [], []
    for worsening in WORSENINGS:
        for number in range(HISTORIES):
            weekdays = (start.weekday() + np.arange(total)) % 7
            sums = np.stack([dice.choice(by_weekday[day]) for day in weekdays])
            after = (planted - start).days
            sums[after:] = worsened(rule, sums[after:], worsening)
            values.append(sums.reshape(-1, len(TERMS)))
            names.append(f"{worsening}/{number}")
    found = episodes(simulated(warehouse, rule, names, values, start))
    quiet = [at for name, at, _ in found if name.startswith("0/")]
    months = HISTORIES * SIMULATED_DAYS / 30
    detected = {}
    for worsening in WORSENINGS:
        firsts = {}
        for name, at, _ in found:
            if name.startswith(f"{worsening}/") and at > planted:
                firsts.setdefault(name, (at - planted) / timedelta(hours=1))
        delay = float(np.median(list(firsts.values()))) if firsts else None
        detected[worsening] = (len(firsts) / HISTORIES, delay)
    return {
        "alarms_a_month": len(quiet) / months,
        "detected": detected,
        "minimum_sample": minimum_sample(
            rule, np.concatenate(list(by_weekday.values()))
        ),
    }


def simulated(warehouse, rule, names, values, start):
    """A connection to the marts of made-up histories, each a segment of one rule."""
    replay = Replay(warehouse, compiled(warehouse, SIMULATED_DAYS))
    hours = len(values[0])
    columns = {
        "metric_hour": np.tile(
            np.datetime64(start, "us") + np.arange(hours) * np.timedelta64(1, "h"),
            len(names),
        ),
        "segment": np.repeat(np.array(names, dtype=object), hours),
    }
    stacked = np.concatenate(values)
    columns |= {term: stacked[:, number] for number, term in enumerate(TERMS)}
    replay.connection.register("made_up", columns)
    replay.give(
        "int_metrics_listed_by_hour",
        "select *, ? as metric_name, 'channel' as dimension from made_up "
        "where sample_size > 0 or numerator != 0",
        [rule["metric_name"]],
    )
    replay.give("as_of", "select ?::timestamp as as_of", [END])
    replay.give(
        "alert_rules",
        "select * replace ('channel' as dimension, '*' as segment) "
        "from source_.seeds.alert_rules where rule_id = ?",
        [rule["rule_id"]],
    )
    return replay.run()


def minimum_sample(rule, sums):
    """Conversations at which chance alone crosses the limit once a month at most.

    Three standard errors from the usual value to the limit: one in 740 evaluations, a
    month of hours. None where the usual value is beyond the limit.
    """
    x, y, n, xx, xy, yy = sums.sum(axis=(0, 1))
    if n < 2 or not y:
        return None
    is_total = rule["kind"] == "total"
    usual = x / n if is_total else x / y
    variance = xx / n
    if not is_total:
        variance = (xx - 2 * usual * xy + usual**2 * yy) / (n - 1) / (y / n) ** 2
    reference = usual
    if rule["baseline"] is not None:  # the worse of both
        worst = {"up": min, "down": max, "none": lambda baseline, _: baseline}
        reference = worst[rule["better_direction"]](rule["baseline"], usual)
    distance = rule["threshold"]
    if rule["condition"] in ("drops_below", "exceeds"):
        sign = -1 if rule["condition"] == "drops_below" else 1
        distance = sign * (rule["threshold"] - usual)
    else:
        if rule["threshold_kind"] == "relative":
            distance *= abs(reference)
        worse = 1 if rule["better_direction"] == "down" else -1
        if rule["condition"] == "deviates_from_baseline":
            distance += worse * (reference - usual)
    return int(np.ceil(9 * variance / distance**2)) if distance > 0 else None
