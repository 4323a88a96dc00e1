"""Land export files in the database raw of a Spark catalog; laws of land_exports.py.

The files are read by Python workers on the cluster, each by one, with the code that
lands in DuckDB: the same lines land, are mended or are rejected for the same reasons.
So every worker needs this project's dependencies and the exports folder under the same
path (a shared file system). Columns declared as JSON hold JSON text, large numbers
spelled in another way: 1e16 where DuckDB writes 10000000000000000.0. Export files that
are Parquet are made lines of JSON by DuckDB as a library, in the worker and in memory,
so that dates and decimals get the same text.

What the workers read is written once, to raw.incoming, and goes from there to the
tables. Those are plain Parquet partitioned by file, and a file counts as landed once it
is in raw.landed_files, which is written last: what a killed run left is dropped by the
next one. One landing at a time.
"""

import atexit
import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

import click
import msgspec
import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from scripts import erasures, export_records, raw_tables, run_log
from scripts.export_files import find_exports, plainly
from scripts.land_exports import (
    LANDED,
    LandedFile,
    LandingReport,
    Lines,
    sort_out,
    stored_path,
    tell,
)
from scripts.options import exports_dir_option, warehouse_option
from scripts.raw_warehouse import COLUMNS, SCHEMA_DRIFT, LandingError

PROJECT = Path(__file__).resolve().parents[1]
# Few, so that what a lost worker had read is soon read again by another.
FILES_PER_TASK = 8
REJECTED = {
    n: COLUMNS["rejected_lines"][n]
    for n in ("line_number", "reason", "line", "line_bytes")
}
DRIFT = {n: COLUMNS["file_drift"][n] for n in ("field", "kind", "row_count")}
# What a worker yields: a row to land, or a rejected line, or what became of a file.
NO_ROW = {
    "_extra": "JSON",
    "_file_id": "BIGINT",
    "_line_number": "BIGINT",
    "_rejected": REJECTED,
    "_landed": {n: COLUMNS["landed_files"][n] for n in LANDED} | {"drift": [DRIFT]},
}


def land(
    exports_dir, spark, warehouse_path="var/warehouse.duckdb", redact_contacts=False
):
    """Land what is new below `exports_dir` in raw; returns a LandingReport.

    `warehouse_path` names the DuckDB warehouse whose erased people stay out.
    Raises LandingError where there is no such folder.
    """
    root = Path(exports_dir).absolute()
    if not root.is_dir():
        raise LandingError(f"there is no exports folder {root}")
    exports, others = find_exports(root)
    create_tables(spark)
    landed = spark.table("raw.landed_files").select("file_id", *LANDED).collect()
    known, new = sort_out([row[1:] for row in landed], root, exports)
    _drop_leftovers(spark, {file_id for file_id, *_ in landed})
    _forget_unread(spark, landed, known)
    last_id = max(_file_ids(spark, "landed_files"), default=0)
    numbered = list(enumerate(new, last_id + 1))
    options = (erasures.ErasedIds(warehouse_path), redact_contacts)
    report = LandingReport(known, [stored_path(root, path) for path in others])
    for feed in sorted(raw_tables.FEEDS):  # as the files are numbered
        files = [
            (i, path, file.file_path)
            for i, (path, file) in numbered
            if file.feed == feed
        ]
        if files:
            report.files += _land_feed(spark, feed, files, options)
    _forget_unread(spark, landed, report.files)
    for file in report.files:
        if file.error or not file.is_skipped:
            tell(file)
    click.echo(report)
    return report


def create_tables(spark):
    """The database raw with its tables, empty, where they are not there yet."""
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    spark.sql("create database if not exists raw")
    for table, columns in COLUMNS.items():
        spark.sql(
            f"create table if not exists raw.{table} ({_ddl(columns)}) using parquet"
            f" partitioned by ({_file_id(table)})"
        )
    spark.sql(SCHEMA_DRIFT)
    run_log.create_table(spark.sql)


def _ddl(columns):
    return ", ".join(f"`{n}` {raw_tables.spark_type(t)}" for n, t in columns.items())


def _file_id(table):
    return "file_id" if table == "landed_files" else "_file_id"


def _file_ids(spark, table):
    """The ids of the files that have a partition in a table."""
    partitions = spark.sql(f"show partitions raw.{table}").collect()
    return {int(partition.rpartition("=")[2]) for (partition,) in partitions}


def _drop(spark, table, file_ids):
    for file_id in sorted(file_ids):
        spark.sql(
            f"alter table raw.{table} drop partition ({_file_id(table)} = {file_id})"
        )


def _drop_leftovers(spark, landed):
    """Drops what a killed run left of files that did not land."""
    spark.sql("drop table if exists raw.incoming")
    for table in COLUMNS:
        _drop(spark, table, _file_ids(spark, table) - landed)


def _forget_unread(spark, landed, files):
    """Drops the rows which say that these files could not be read at all."""
    names = {(file.feed, file.file_path) for file in files}
    unread = {
        r.file_id
        for r in landed
        if not r.content_hash and (r.feed, r.file_path) in names
    }
    _drop(spark, "landed_files", unread & _file_ids(spark, "landed_files"))


def _land_feed(spark, feed, files, options):
    """Lands [(file id, path, stored path)] of a feed; returns their LandedFiles."""
    schema = StructType.fromDDL(_ddl(raw_tables.FEEDS[feed] | NO_ROW))
    reader = _reader(feed, to_arrow_schema(schema), options)
    _send_project(spark)
    tasks = -(-len(files) // FILES_PER_TASK)
    paths = spark.sparkContext.parallelize(
        [(file_id, bytearray(os.fsencode(p)), name) for file_id, p, name in files],
        max(tasks, min(len(files), spark.sparkContext.defaultParallelism)),
    ).toDF("file_id bigint, path binary, name string")
    # Written once: reading a file again could give something else.
    paths.mapInArrow(reader, schema).write.saveAsTable("raw.incoming", format="parquet")
    incoming = spark.table("raw.incoming")
    tallies = (
        incoming.where("_landed is not null").select("_file_id", "_landed").collect()
    )
    tallies = {
        file_id: landed.asDict(recursive=True) for file_id, landed in sorted(tallies)
    }
    drift = [
        {"_file_id": file_id, "feed": feed, **row}
        for file_id, landed in tallies.items()
        for row in landed.pop("drift")
    ]
    landed_at = datetime.now(UTC)
    whole = incoming.where(
        sf.col("_file_id").isin([i for i, f in tallies.items() if f["content_hash"]])
    )
    _write(
        feed,
        whole.where("_line_number is not null").withColumn(
            "_landed_at", sf.lit(landed_at)
        ),
    )
    names = spark.createDataFrame(
        [(i, feed, f["file_path"]) for i, f in tallies.items()],
        "_file_id bigint, feed string, file_path string",
    )
    rejected = whole.where("_rejected is not null").select("_file_id", "_rejected.*")
    _write("rejected_lines", rejected.join(sf.broadcast(names), "_file_id"))
    _write("file_drift", _rows(spark, "file_drift", drift))
    rows = [{"file_id": i, **f, "landed_at": landed_at} for i, f in tallies.items()]
    _write("landed_files", _rows(spark, "landed_files", rows))
    spark.sql("drop table raw.incoming")
    return [LandedFile(**landed) for landed in tallies.values()]


def _rows(spark, table, rows):
    return spark.createDataFrame(rows, StructType.fromDDL(_ddl(COLUMNS[table])))


def _write(table, rows):
    """Writes the partitions of a table that rows are of, all of them or none."""
    file_id = _file_id(table)
    columns = [sf.col(f"`{n}`") for n in COLUMNS[table] if n != file_id]
    rows.select(*columns, file_id).write.insertInto(f"raw.{table}", overwrite=True)


@cache
def _send_project(spark):
    """Gives the workers of a session this code."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    archive = shutil.make_archive(f"{folder}/scripts", "zip", PROJECT, "scripts")
    spark.sparkContext.addPyFile(archive)


def _reader(feed, schema, options):
    """What runs on the workers: from batches of files to batches of `schema`."""

    def read(batches):
        for batch in batches:
            for file in batch.to_pylist():
                path = Path(os.fsdecode(file["path"]))
                landed = LandedFile(file["name"], feed)
                for rows in _read(file["file_id"], path, landed, options):
                    yield pa.RecordBatch.from_pylist(rows, schema)

    return read


def _read(file_id, path, landed, options):
    """Lists of rows of a file; what became of it comes last."""
    lines = Lines([(path, landed)], file_id, lambda count: None, *options)
    drift = []
    read = partial(json.loads, object_pairs_hook=export_records.first_of_each_key)
    try:
        for batch in lines:
            yield [
                _fields(read(row["line"]), raw_tables.FEEDS[landed.feed])
                | {
                    "_extra": row["extra"],
                    "_file_id": file_id,
                    "_line_number": row["line_number"],
                }
                for row in batch.to_pylist()
            ]
        with lines.rejected() as rejected:
            for batch in rejected:
                yield [
                    {"_file_id": file_id, "_rejected": row} for row in batch.to_pylist()
                ]
        drift = [
            {"field": name, "kind": kind, "row_count": count}
            for (_, name, kind), count in sorted(lines.drift.items())
        ]
    except OSError as error:  # without a hash: the next run tries again
        landed = LandedFile(landed.file_path, landed.feed, error=plainly(error))
    yield [{"_file_id": file_id, "_landed": asdict(landed) | {"drift": drift}}]


def _fields(value, declared):
    """A value that fits its type as Spark has it: what is declared as JSON is text."""
    if value is None:
        return None
    if isinstance(declared, dict):
        return {name: _fields(part, declared[name]) for name, part in value.items()}
    if isinstance(declared, list):
        return [_fields(part, declared[0]) for part in value]
    if declared == "JSON":
        return msgspec.json.encode(value).decode()  # spells 1e-9 as DuckDB does
    convert = {"BIGINT": int, "DOUBLE": float}.get(declared)
    return convert(value) if convert else value


@click.command()
@exports_dir_option
@warehouse_option("whose erased people stay out", exists=False)
@click.option(
    "--redact-contacts",
    envvar="REDACT_CONTACTS",
    is_flag=True,
    help="Take e-mail addresses, phone and card numbers out. [env REDACT_CONTACTS]",
)
def main(exports_dir, warehouse, redact_contacts):
    """Land new export files in the database raw of the Spark of spark-defaults.conf."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.enableHiveSupport().getOrCreate()
    try:
        report = land(exports_dir, spark, warehouse, redact_contacts)
    except LandingError as error:
        raise click.ClickException(str(error)) from None
    finally:
        spark.stop()
    sys.exit(report.exit_code())


if __name__ == "__main__":
    main()
