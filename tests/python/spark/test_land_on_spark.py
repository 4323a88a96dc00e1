"""Landing on Spark: the tables of raw are those that DuckDB lands, row for row."""

import os
import shutil
import sys

import duckdb
import pytest

from scripts import land_exports
from scripts.raw_warehouse import COLUMNS
from tests.python.conftest import PROJECT, SHARED

pyspark = pytest.importorskip("pyspark")
if not shutil.which("java"):
    pytest.skip("java is absent: Spark is not checked", allow_module_level=True)

from pyspark.sql import SparkSession  # noqa: E402

from scripts import land_on_spark  # noqa: E402
from scripts.land_on_spark import land  # noqa: E402
from tests.python.spark.cluster import JVM  # noqa: E402

pytestmark = pytest.mark.spark
WHEN = {"landed_at", "_landed_at", "first_landed_at"}


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    settings = {
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("spark")),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": JVM,
        "spark.ui.enabled": "false",
    }
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture
def raw(spark):
    """An empty catalog: without the database raw."""
    spark.sql("drop database if exists raw cascade")
    yield spark
    spark.sql("drop database if exists raw cascade")


def landed_by_duckdb(exports_dir, folder):
    """{table: rows} of what DuckDB lands."""
    land_exports.land(exports_dir, folder / "w.duckdb")
    with duckdb.connect(str(folder / "w.duckdb")) as warehouse:
        return {
            table: _rows(warehouse, f"raw.{table}", table)
            for table in (*COLUMNS, "schema_drift")
        }


def landed_by_spark(spark, folder):
    """{table: rows} of the Spark catalog, read from Parquet by DuckDB."""
    found = {}
    with duckdb.connect() as connection:
        for table in (*COLUMNS, "schema_drift"):
            copy = folder / f"{table}.parquet"
            spark.table(f"raw.{table}").write.parquet(str(copy), mode="overwrite")
            source = f"read_parquet('{copy}/*.parquet')"
            found[table] = _rows(connection, source, table)
    return found


def _rows(connection, source, table):
    types = COLUMNS.get(table, {})
    columns = [
        name
        for name, *_ in connection.execute(f"describe from {source}").fetchall()
        if name not in WHEN
    ]
    assert not types or set(columns) == types.keys() - WHEN
    names = ", ".join(f'"{name}"' for name in sorted(columns))
    return connection.execute(f"select {names} from {source} order by all").fetchall()


def assert_same(ours, theirs):
    for table in theirs:
        for left, right in zip(ours[table], theirs[table], strict=False):
            assert left == right, table
        assert len(ours[table]) == len(theirs[table]), table


def test_sample_exports_land_as_in_duckdb_and_only_once(raw, tmp_path):
    report = land(PROJECT / "exports", raw)
    expected = landed_by_duckdb(PROJECT / "exports", tmp_path)
    assert report.rows == sum(row_count for row_count in _counts(expected))
    assert_same(landed_by_spark(raw, tmp_path), expected)
    again = land(PROJECT / "exports", raw)
    assert (again.landed, len(again.skipped)) == ([], len(report.landed))
    assert_same(landed_by_spark(raw, tmp_path), expected)


def _counts(tables):
    return [
        len(tables[feed]) for feed in ("events", "conversations", "support_metrics")
    ]


@pytest.mark.skipif(
    not (SHARED / "data" / "nasty").is_dir(), reason="the nasty exports are absent"
)
def test_nasty_exports_land_as_in_duckdb(raw, tmp_path):
    land(SHARED / "data" / "nasty", raw)
    expected = landed_by_duckdb(SHARED / "data" / "nasty", tmp_path)
    assert expected["rejected_lines"] and expected["schema_drift"]
    assert_same(landed_by_spark(raw, tmp_path), expected)


@pytest.fixture
def small_exports(tmp_path):
    """One sample file a feed, and a file that cannot be read."""
    for feed in ("events", "conversations", "support_metrics"):
        folder = tmp_path / "exports" / feed
        folder.mkdir(parents=True)
        source = PROJECT / "exports" / feed / "2026-10-22.jsonl.gz"
        shutil.copy(source, folder)
    (tmp_path / "exports" / "events" / "0.jsonl").mkdir()
    return tmp_path / "exports"


@pytest.mark.parametrize("table", ["events", "file_drift"])
def test_what_a_killed_landing_left_is_dropped(
    table, raw, small_exports, tmp_path, monkeypatch
):
    write, written = land_on_spark._write, []

    def killed(name, rows):
        write(name, rows)
        written.append(name)
        if name == table and "events" in written:
            raise KeyboardInterrupt

    (small_exports / "events" / "9.jsonl").write_text('{"event_id": "a"}\nno JSON\n')
    monkeypatch.setattr(land_on_spark, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        land(small_exports, raw)
    monkeypatch.undo()
    (small_exports / "events" / "9.jsonl").unlink()  # its id is of another file now
    land(small_exports, raw)
    expected = landed_by_duckdb(small_exports, tmp_path)
    assert_same(landed_by_spark(raw, tmp_path), expected)


def test_an_unreadable_file_is_tried_again(raw, small_exports, tmp_path):
    for _ in range(2):
        report = land(small_exports, raw)
        assert [file.file_path for file in report.failed] == ["events/0.jsonl"]
        expected = landed_by_duckdb(small_exports, tmp_path)
        assert_same(landed_by_spark(raw, tmp_path), expected)
    (small_exports / "events" / "0.jsonl").rmdir()
    (small_exports / "events" / "0.jsonl").write_text('{"event_id": "a"}\n')
    assert land(small_exports, raw).rows == 1
    expected = landed_by_duckdb(small_exports, tmp_path)
    assert_same(landed_by_spark(raw, tmp_path), expected)
