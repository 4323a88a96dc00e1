"""How often alert rules fire where nothing happens.

`python -m benchmarks.false_alarms` makes exports without their incident, of other seeds
than the sample's, and counts the episodes of every default rule.
"""

import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import click
import duckdb

from scripts.generate_exports import Options, generate
from scripts.land_exports import land
from scripts.warehouse_lock import PROJECT

FIRED = """
    select rules.rule_id, count(history.changed_at) as episodes
    from seeds.alert_rules as rules
    left join marts.alert_history as history
        on rules.rule_id = history.rule_id and history.event = 'fired'
    group by all
    order by all
"""


class Calm(Options):
    """Its incident lies before the first day."""

    @property
    def incident(self):
        return self.end - timedelta(days=self.days)


def alarms(folder, seed, conversations, days):
    """{rule: episodes} of one history in which nothing happens."""
    exports, warehouse = folder / "exports", folder / "w.duckdb"
    generate(Calm(conversations=conversations, days=days, seed=seed), exports)
    land(exports, warehouse)
    dbt = Path(sys.executable).with_name("dbt")
    options = ["--exclude-resource-type", "unit_test", "test"]
    options += ["--vars", f"{{alert_history_days: {days}}}"]
    options += ["--target-path", str(folder), "--log-path", str(folder)]
    subprocess.run(
        [dbt, "--quiet", "build", "--select", "+alert_history", *options],
        cwd=PROJECT,
        env={**os.environ, "WAREHOUSE_PATH": str(warehouse)},
        check=True,
    )
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return dict(connection.execute(FIRED).fetchall())


@click.command()
@click.option("--seeds", default="2,3", show_default=True, help="Separated by commas.")
@click.option("--conversations", default=4000, show_default=True, help="Of each.")
@click.option("--days", default=60, show_default=True)
def main(seeds, conversations, days):
    """Count the alarms of rules in histories where nothing happens."""
    for seed in map(int, seeds.split(",")):
        with tempfile.TemporaryDirectory() as name:
            found = alarms(Path(name), seed, conversations, days)
        fired = {rule: episodes for rule, episodes in found.items() if episodes}
        click.echo(
            f"seed {seed}: {len(fired)} of {len(found)} rules fired, "
            f"{sum(fired.values())} times {fired or ''}"
        )


if __name__ == "__main__":
    main()
