"""Print the alerts that fire, write them as JSON, send them; try a rule on history.

No threshold is known here: marts.alert_flags says what fires, marts.alert_history what
happened, and this delivers what they say.
"""

import json
import os
import sys
from pathlib import Path

import click
import duckdb

from scripts import alert_backtest, alert_notices
from scripts.options import warehouse_option
from scripts.warehouse_lock import sole_refresh

SEVERITIES = ["info", "warning", "medium", "high", "critical"]
FIRES = 4
EXIT_CODES = """
\b
Exit codes:
  0  done
  1  failed, or a channel did not take a message (it is sent again next time)
  2  wrong use
  4  an alert of the severity of --fail-on, or above, fires

\b
Examples:
  python -m scripts.alerts
  python -m scripts.alerts --json alerts.json --fail-on critical
  ALERT_URLS="slack://... mailto://..." python -m scripts.alerts
  python -m scripts.alerts backtest --rule response_rate_low --days 90
"""
FLAGS = """
    select
        flags.* exclude (severity_rank, margin),
        flags.severity_rank,
        flags.margin,
        list({
            'dimension': drivers.driver_dimension,
            'segment': drivers.driver_segment,
            'value': drivers.value,
            'contribution': drivers.contribution
        } order by drivers.driver_rank) filter (drivers.driver_rank <= 3) as drivers
    from marts.alert_flags as flags
    left join marts.alert_drivers as drivers on flags.rule_id = drivers.rule_id
    group by all
    order by flags.severity_rank desc, flags.fired_at, flags.rule_id, flags.segment
"""


def rows(connection, sql, parameters=()):
    """The result as a list of dicts."""
    result = connection.execute(sql, parameters)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def amount(value, unit):
    if value is None:
        return "unknown"
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:.4g} {unit}"


def what(flag):
    """`Response rate`, or of a segment `Response rate of channel sms`."""
    if flag["dimension"] == "all":
        return flag["metric_label"]
    return f"{flag['metric_label']} of {flag['dimension']} {flag['segment']}"


def limit(flag):
    """The limit that the value is beyond, or would be."""
    lower, upper = flag["lower_limit"], flag["upper_limit"]
    if lower is not None and (upper is None or (flag["value"] or 0) < lower):
        return f"below {amount(lower, flag['unit'])}"
    return f"above {amount(upper, flag['unit'])}"


def moved_by(flag):
    return ", ".join(
        f"{driver['dimension']} {driver['segment']} ({driver['contribution']:+.3g})"
        for driver in flag["drivers"] or []
    )


class Words:
    """Title and text of a notice, from the marts as they are now."""

    def __init__(self, connection):
        self.flags = {(f["rule_id"], f["segment"]): f for f in rows(connection, FLAGS)}
        history = "select * from marts.alert_history where event is not null"
        self.history = {
            (h["rule_id"], h["segment"], h["changed_at"]): h
            for h in rows(connection, history)
        }

    def __call__(self, rule, segment, event, at):
        flag = self.flags.get((rule, segment))
        if flag is None:
            return f"Resolved: {rule}", "The rule, or its segment, is no longer there."
        unit = flag["unit"]
        # What was seen when it happened; of an alert that fires, what is seen now.
        seen = self.history.get((rule, segment, at), {})
        if event == "fired" and flag["fired_at"] == at:
            seen = flag
        value, reference = seen.get("value"), seen.get("reference_value")
        lines = [
            f"{what(flag)}: {amount(value, unit)} in {flag['window_name']}, over "
            f"{seen.get('sample_size') or 0:,} conversations. "
            f"Held against {amount(reference, unit)}; alarms {limit(flag)}."
        ]
        if value is not None and reference is not None:
            away = f"{value - reference:+.3g}"
            share = (
                f" ({(value - reference) / abs(reference):+.0%})" if reference else ""
            )
            lines.append(f"Distance: {away}{share}.")
        lines.append(f"{event.capitalize()} {at:%F %H:%M}.")
        if event == "fired" and moved_by(flag):
            lines.append(f"Moved most by: {moved_by(flag)}.")
        lines.append(
            f"Where to look: docs/alerts.md, {rule}; marts.metrics_hourly, "
            f"metric_name = '{flag['metric_name']}'."
        )
        title = f"{'Alert' if event == 'fired' else 'Resolved'}: {what(flag)}"
        return f"{title} [{flag['severity']}]", "\n".join(lines)


def table(flags):
    """The alerts that fire, as lines of text."""
    lines = []
    for flag in flags:
        lines.append(
            f"  {flag['severity']:<8} {flag['rule_id']:<30} {what(flag)}: "
            f"{amount(flag['value'], flag['unit'])}, {limit(flag)}, over "
            f"{flag['sample_size']:,} conversations, since {flag['fired_at']:%F %H:%M}"
        )
        if moved_by(flag):
            lines.append(f"  {'':<39} moved most by {moved_by(flag)}")
    return lines


def report(connection, json_path=None):
    """Prints what fires and writes it as JSON; returns the flags that fire."""
    flags = rows(connection, FLAGS)
    firing = [f for f in flags if f["is_firing"] and not f["is_inhibited"]]
    held = sum(f["is_firing"] and f["is_inhibited"] for f in flags)
    at = max((f["evaluated_at"] for f in flags), default=None)
    click.echo(
        f"Alerts at {at:%F %H:%M}: {len(firing)} of {len(flags)} fire."
        if at
        else "Alerts: no data to judge."
    )
    for line in table(firing):
        click.echo(line)
    if held:
        click.echo(f"  {held} more are held as they were, because the data is stale.")
    if json_path:
        told = {"evaluated_at": at, "held": held, "firing": firing}
        json_path.write_text(json.dumps(told, default=str, indent=1) + "\n")
    return firing


def tell(connection, urls):
    """Decides and sends what is new; True unless a channel did not take it."""
    alert_notices.decide(connection, Words(connection))
    delivered, failed = alert_notices.deliver(connection, urls)
    click.echo(f"{delivered} messages sent.")
    for service in failed:
        click.echo(
            f"A channel ({service}) took no message; the next run sends it again."
        )
    return not failed


def alert(warehouse, json_path=None):
    """Report, and send where ALERT_URLS is set: what a refresh does after its build."""
    with duckdb.connect(str(warehouse)) as connection:
        firing = report(connection, json_path)
        urls = os.environ.get("ALERT_URLS", "")
        return firing, tell(connection, urls) if urls.strip() else True


@click.group(invoke_without_command=True, epilog=EXIT_CODES)
@warehouse_option("that a refresh built")
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Also write them here."
)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    help="Exit 4 when an alert of this severity, or above, fires.",
)
@click.pass_context
def main(context, warehouse, json_path, fail_on):
    """Print the alerts that fire; send what is new to the URLs in ALERT_URLS."""
    context.obj = warehouse
    if context.invoked_subcommand:
        return
    try:
        with sole_refresh(warehouse.absolute()):
            firing, is_told = alert(warehouse, json_path)
    except duckdb.Error as error:
        raise click.ClickException(str(error).splitlines()[0]) from None
    worst = max((flag["severity_rank"] for flag in firing), default=0)
    if fail_on and worst > SEVERITIES.index(fail_on):
        sys.exit(FIRES)
    sys.exit(0 if is_told else 1)


@main.command()
@click.option("--rule", required=True, help="rule_id of the seed alert_rules.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(7))
@click.option("--seed", default=1, show_default=True, help="Of the resampling.")
@click.pass_obj
def backtest(warehouse, rule, days, seed):
    """When a rule would have fired, and what to expect of it."""
    try:
        for line in alert_backtest.report(warehouse, rule, days, seed):
            click.echo(line)
    except duckdb.Error as error:
        raise click.ClickException(str(error).splitlines()[0]) from None


if __name__ == "__main__":
    main()
