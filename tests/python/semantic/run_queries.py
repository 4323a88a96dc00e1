"""Answers queries on the semantic layer: JSON in, JSON out. Runs in .venv-metricflow.

In:  {"metrics": [names], "group_bys": {name: [names]}}; the project is the one that
     DBT_PROJECT_DIR names, as for `mf query`.
Out: {name of the group: rows as objects}.
"""

import json
import sys
from decimal import Decimal

from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest


def answers(asked):
    configuration = CLIConfiguration()
    configuration.setup(configure_file_logging=False)
    for name, group_by in asked["group_bys"].items():
        table = configuration.mf.query(
            MetricFlowQueryRequest.create(
                metric_names=asked["metrics"], group_by_names=group_by
            )
        ).result_df
        yield name, [dict(zip(table.column_names, r, strict=True)) for r in table.rows]


def as_json(value):
    return float(value) if isinstance(value, Decimal) else str(value)


found = dict(answers(json.load(sys.stdin)))
json.dump(found, sys.stdout, default=as_json)
