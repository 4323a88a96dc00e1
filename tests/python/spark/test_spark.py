"""The same exports, models and tests on a Spark cluster: the same marts as on DuckDB.

Half the exports land and are built, then the rest on top of them, while a worker is
killed. What a build from scratch on DuckDB gives is what has to be there then.
"""

import math
import shutil
from decimal import Decimal

import duckdb
import pytest

from tests.python.conftest import LOAD_COLUMNS, PROJECT
from tests.python.spark.cluster import Cluster, missing

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(missing() is not None, reason=f"no Spark here: {missing()}"),
]
SCHEMAS = ("staging", "intermediate", "marts")
# dbt-spark runs Python models on Databricks alone.
LEFT_OUT = {"int_metrics_forecasted", "metric_forecasts"}
# A double becomes a decimal by its digits there, by its value here.
NUMBERS = (float, Decimal)
KILL_AFTER_MODELS = 40


@pytest.fixture(scope="module")
def spark_tables(tmp_path_factory):
    """(folder of Parquet: schema/table, output of the build in which a worker died)."""
    folder = tmp_path_factory.mktemp("spark")
    exports = sorted(
        path for path in (PROJECT / "exports").glob("*/**/*") if path.is_file()
    )
    with Cluster(folder / "cluster") as cluster:
        build(cluster, folder, exports[::2], "run")
        worker, built = cluster.workers[1], 0

        def kill_midway(line):
            nonlocal built
            built += " OK created " in line
            if built == KILL_AFTER_MODELS and worker.poll() is None:
                worker.kill()
                worker.wait()

        output = build(cluster, folder, exports, "build", on_line=kill_midway)
        assert worker.poll() is not None, "the build ended before a worker was killed"
        assert cluster.alive() == 1
        cluster.dump(SCHEMAS, folder / "tables")
    return folder / "tables", output


def build(cluster, folder, exports, command, **options):
    landing = folder / "exports"
    for path in exports:
        copy = landing / path.relative_to(PROJECT / "exports")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    cluster.run("python", "-m", "scripts.land_on_spark", "--exports-dir", landing)
    if command == "run":
        cluster.run("dbt", "seed", *dbt_options(folder))
    return cluster.run("dbt", command, *dbt_options(folder), **options)


def dbt_options(folder):
    options = ["--target", "spark", "--exclude", "int_metrics_forecasted+"]
    return [*options, "--no-use-colors", "--target-path", folder / "target"]


def test_every_table_is_what_it_is_on_duckdb(spark_tables, sample_warehouse):
    tables, _ = spark_tables
    assert not differences(tables, sample_warehouse)


def differences(tables, warehouse):
    """{table: what differs} between a warehouse of DuckDB and Parquet: schema/table."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{warehouse}' as ours (read_only)")
        columns = connection.execute(
            "select schema_name, table_name, list((column_name, data_type))"
            " from duckdb_columns() where database_name = 'ours'"
            " and list_contains(?, schema_name) group by all order by all",
            [list(SCHEMAS)],
        ).fetchall()
        assert len(columns) > 100
        return {
            f"{schema}.{table}": difference
            for schema, table, typed in columns
            if table not in LEFT_OUT
            and (difference := compare(connection, tables, schema, table, typed))
        }


def compare(connection, tables, schema, table, columns):
    """What differs between a table here and there; None where nothing does."""
    files = tables / schema / table / "*.parquet"
    if not files.parent.is_dir():
        return "it is not there"
    columns = [(name, type) for name, type in columns if name not in LOAD_COLUMNS]
    theirs = ", ".join(
        f'cast("{name}" as {type}) as "{name}"' for name, type in columns
    )
    ours = ", ".join(f'"{name}"' for name, _ in columns)
    sides = [
        f'select {ours} from ours."{schema}"."{table}"',
        f"select {theirs} from read_parquet('{files}')",
    ]
    only = [
        connection.execute(f"({one} except all {other}) order by all").fetchall()
        for one, other in (sides, sides[::-1])
    ]
    if len(only[0]) != len(only[1]):
        return f"{len(only[0])} rows only here, {len(only[1])} there: {first(only)}"
    for left, right in zip(*map(in_pairs, only), strict=True):
        if not all(map(is_close, left, right)):
            pairs = zip(left, right, strict=True)
            return [pair for pair in pairs if not is_close(*pair)]
    return None


def first(sides):
    return [rows[:1] for rows in sides]


def in_pairs(rows):
    """Rows of one side in an order that the last digits of a number do not change."""
    return sorted(rows, key=lambda row: [rounded(value) for value in row])


def rounded(value):
    return f"{value:.6e}" if isinstance(value, NUMBERS) else str(value)


def is_close(left, right):
    if isinstance(left, NUMBERS) and isinstance(right, NUMBERS):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    return left == right


def test_the_tests_of_the_models_hold_there_too(spark_tables):
    _, output = spark_tables
    assert " ERROR=0 " in output and " PASS=" in output
