"""The alert models on other numbers: their own SQL, compiled by dbt, run in memory."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import duckdb

PROJECT = Path(__file__).resolve().parent.parent
MODELS = {
    "int_alert_rules_checked": "intermediate",
    "int_alert_sums_accumulated": "intermediate",
    "int_alert_windows_summed": "intermediate",
    "int_alert_values_compared": "intermediate",
    "int_alert_outcomes_judged": "intermediate",
    "int_alert_states_sequenced": "intermediate",
    "alert_flags": "marts",
    "alert_history": "marts",
}
# What they read, taken from the warehouse where nothing else is given.
INPUTS = {
    "alert_rules": "seeds",
    "segment_dimensions": "seeds",
    "as_of": "intermediate",
    "metric_definitions": "marts",
    "int_metrics_listed_by_hour": "intermediate",
}


def compiled(warehouse, history_days):
    """{model: SQL} of the alert models, with names as in this warehouse."""
    with tempfile.TemporaryDirectory() as target:
        command = [str(Path(sys.executable).with_name("dbt")), "compile", "--quiet"]
        command += ["--target-path", target, "--log-path", target, "--select", *MODELS]
        command += ["--vars", json.dumps({"alert_history_days": history_days})]
        environment = {**os.environ, "WAREHOUSE_PATH": str(warehouse)}
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise click.ClickException(f"dbt compile failed: {done.stdout[-2000:]}")
        files = {path.stem: path for path in Path(target, "compiled").rglob("*.sql")}
        return {model: files[model].read_text() for model in MODELS}


class Replay:
    """An empty copy of the warehouse in memory: give it tables, then `run`."""

    def __init__(self, warehouse, sql):
        self.sql, self.given = sql, set()
        self.connection = duckdb.connect()
        quoted = str(warehouse).replace("'", "''")
        self.connection.execute(f"attach '{quoted}' as source_ (read_only)")
        self.connection.execute(f"attach ':memory:' as \"{Path(warehouse).stem}\"")
        self.connection.execute(f'use "{Path(warehouse).stem}"')
        for schema in sorted(set(INPUTS.values())):
            self.connection.execute(f"create schema {schema}")

    def give(self, name, query, parameters=()):
        """Table `name` is what this query gives; source_ is the warehouse."""
        where = {**INPUTS, **MODELS}[name]
        self.connection.execute(
            f"create or replace table {where}.{name} as {query}", parameters
        )
        self.given.add(name)

    def run(self, models=tuple(MODELS)):
        for name, schema in INPUTS.items():
            if name not in self.given and "int_alert_rules_checked" in models:
                self.give(name, f"select * from source_.{schema}.{name}")
        for model in models:
            self.give(model, self.sql[model])
        return self.connection
