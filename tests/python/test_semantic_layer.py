"""The semantic layer: made from the declarations, it answers what the marts say."""

import csv
import json
import math
import os
import shutil
import subprocess

import duckdb
import pytest
import yaml

from tests.python.conftest import PROJECT

METRICFLOW = PROJECT / ".venv-metricflow/bin/python"
METRICS = PROJECT / "models/marts/metrics/_metrics__semantic_layer.yml"
SEGMENTS = PROJECT / "models/marts/core/_core__semantic_layer.yml"


def segment_dimensions():
    """Dimensions of the seed that are a column of conversations, one segment each."""
    core = yaml.safe_load((PROJECT / "models/marts/core/_core__models.yml").read_text())
    (columns,) = (m["columns"] for m in core["models"] if m["name"] == "conversations")
    names = {column["name"] for column in columns}
    with (PROJECT / "seeds/segments/segment_dimensions.csv").open() as lines:
        return [
            row["dimension"]
            for row in csv.DictReader(lines)
            if row["is_many_valued"] == "false" and row["dimension"] in names
        ]


def test_measures_and_metrics_are_those_of_the_declarations(dbt, tmp_path):
    printed = dbt(
        tmp_path / "w.duckdb", "run-operation", "semantic_layer", "--quiet"
    ).stdout
    assert METRICS.read_text() == printed, "run `make semantic-layer`"


def test_every_single_valued_dimension_is_there():
    semantic_model = yaml.safe_load(SEGMENTS.read_text())["semantic_models"][0]
    names = {dimension["name"] for dimension in semantic_model["dimensions"]}
    assert names == {*segment_dimensions(), "outcome"}


@pytest.fixture(scope="module")
def answered(dbt, sample_warehouse, target_path, tmp_path_factory):
    """{(grouping, group, metric): value} of every metric by day, segment, and both."""
    if not METRICFLOW.exists():
        pytest.skip(f"{METRICFLOW} is absent (make metricflow): MetricFlow not asked")
    folder = tmp_path_factory.mktemp("semantic")
    # Tables are named with the file that the project was parsed with: w.duckdb.
    warehouse = shutil.copy(sample_warehouse, folder / "w.duckdb")
    dbt(folder / "parsed.duckdb", "parse")
    for name in ("dbt_project.yml", "profiles.yml"):
        (folder / name).symlink_to(PROJECT / name)
    (folder / "target").symlink_to(target_path)
    metrics = [m["name"] for m in yaml.safe_load(METRICS.read_text())["metrics"]]
    segments = {d: [f"conversation__{d}"] for d in segment_dimensions()}
    group_bys = {"by day": ["metric_time__day"], **segments}
    group_bys["channel by day"] = ["metric_time__day", "conversation__channel"]
    done = subprocess.run(
        [METRICFLOW, PROJECT / "tests/python/semantic/run_queries.py"],
        cwd=PROJECT,
        env={
            **os.environ,
            "WAREHOUSE_PATH": str(warehouse),
            "DBT_PROJECT_DIR": str(folder),
            "DBT_PROFILES_DIR": str(folder),
            "DBT_LOG_PATH": str(folder),
        },
        input=json.dumps({"metrics": metrics, "group_bys": group_bys}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return {
        (name, tuple(row[column] for column in group_bys[name]), metric): row[metric]
        for name, rows in json.loads(done.stdout).items()
        for row in rows
        for metric in metrics
    }


def published(warehouse):
    """The same cells as the marts have them; one without a row is not there."""
    day = "cast(cast(metric_date as timestamp) as varchar)"
    queries = [
        f"select 'by day', [{day}], metric_name, value "
        "from marts.metrics_daily where dimension = 'all'",
        f"select 'channel by day', [{day}, segment], metric_name, value "
        "from marts.metrics_daily where dimension = 'channel'",
        "select dimension, [segment], metric_name, value "
        "from marts.metrics_by_window where window_name = 'all'",
    ]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return {
            (name, tuple(group), metric): value
            for sql in queries
            for name, group, metric, value in connection.execute(sql).fetchall()
        }


def is_same(left, right):
    if left is None or right is None:
        return left is right
    return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.slow
def test_metricflow_gives_what_the_marts_give(answered, sample_warehouse):
    groupings = {grouping for grouping, _, _ in answered}
    assert len(groupings) == len(segment_dimensions()) + 2
    expected = {
        cell: value
        for cell, value in published(sample_warehouse).items()
        if cell[0] in groupings
    }
    assert expected.keys() <= answered.keys()
    # A row that the marts leave out has no value here: `get` gives None.
    differing = {
        cell: (value, expected.get(cell))
        for cell, value in answered.items()
        if not is_same(value, expected.get(cell))
    }
    assert not differing
    # There was something to compare of every metric, and NULL was among it.
    assert {
        metric for (_, _, metric), value in expected.items() if value is not None
    } == {metric for _, _, metric in answered}
    assert None in expected.values()
