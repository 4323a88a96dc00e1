"""The warehouse file as landing sees it: the schema raw, and how to open it."""

import re
from contextlib import contextmanager
from pathlib import Path

import duckdb

from scripts import raw_tables

# One conversation is ~10 KB: at DuckDB's default of 122,880 rows a whole export is one
# row group, written by one thread at the very end (benchmarks/landing.py).
ROW_GROUP_SIZE = 8192
COLUMNS = {
    "landed_files": {
        "file_id": "BIGINT",
        "file_path": "VARCHAR",
        "feed": "VARCHAR",
        "byte_count": "BIGINT",
        "content_hash": "VARCHAR",
        "line_count": "BIGINT",
        "row_count": "BIGINT",
        "rejected_count": "BIGINT",
        "blank_count": "BIGINT",
        "error": "VARCHAR",
        "landed_at": "TIMESTAMP",
    },
    "rejected_lines": {
        "_file_id": "BIGINT",
        "feed": "VARCHAR",
        "file_path": "VARCHAR",
        "line_number": "BIGINT",
        "reason": "VARCHAR",
        "line": "VARCHAR",
        "line_bytes": "BLOB",
    },
    "file_drift": {
        "_file_id": "BIGINT",
        "feed": "VARCHAR",
        "field": "VARCHAR",
        "kind": "VARCHAR",
        "row_count": "BIGINT",
    },
} | {
    feed: declared
    | {
        "_extra": "JSON",
        "_file_id": "BIGINT",
        "_line_number": "BIGINT",
        "_landed_at": "TIMESTAMP",
    }
    for feed, declared in raw_tables.FEEDS.items()
}
TABLES = {
    table: ", ".join(f'"{n}" {raw_tables.duckdb_type(t)}' for n, t in columns.items())
    for table, columns in COLUMNS.items()
}
TABLES["landed_files"] += ", PRIMARY KEY (file_id)"
# The SQL of DuckDB and of Spark alike.
SCHEMA_DRIFT = """
    create view if not exists raw.schema_drift as
    with feed_rows as (
        select feed, sum(row_count) as row_count from raw.landed_files group by feed
    )
    select
        drift.feed,
        drift.field,
        drift.kind,
        min_by(files.file_path, files.file_id) as first_file_path,
        min_by(files.landed_at, files.file_id) as first_landed_at,
        cast(sum(drift.row_count) as bigint) as row_count,
        sum(drift.row_count) / cast(any_value(feed_rows.row_count) as double)
            as row_share
    from raw.file_drift as drift
    inner join raw.landed_files as files on drift._file_id = files.file_id
    inner join feed_rows on drift.feed = feed_rows.feed
    group by drift.feed, drift.field, drift.kind
"""
COMMENTS = {
    "table raw.landed_files": "One row per file and content, in the order of landing",
    "column raw.landed_files.content_hash": "SHA-256 of the bytes as they were read",
    "column raw.landed_files.error": "Why the file could not be read to its end",
    "table raw.rejected_lines": "Lines that are not one JSON object, word for word",
    "table raw.file_drift": "Rows per file with a field that is not as declared",
    "view raw.schema_drift": "Fields that are not as scripts/raw_tables.py has them",
} | {
    f"table raw.{feed}": "One row per line that landed; _extra keeps what did not fit"
    for feed in raw_tables.FEEDS
}


class LandingError(Exception):
    """Nothing can land; the text says why in one line that a person understands."""


def spill_folder(path):
    """Where DuckDB puts what does not fit in memory; it stays there after a kill."""
    return Path(f"{path}.tmp")


@contextmanager
def open_warehouse(path):
    """A connection whose current database is the warehouse; raises LandingError."""
    connection = duckdb.connect()
    quoted = str(path).replace("'", "''")
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        connection.execute("set TimeZone = 'UTC'")
        # Rows carry their line number, so threads may write them as they come; and one
        # checkpoint at the end costs less than one a commit (benchmarks/landing.py).
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set checkpoint_threshold = '1GB'")
        # Blocks already written need no memory; DuckDB keeps them until told.
        connection.execute("set memory_limit = '1GB'")
        spill = str(spill_folder(path)).replace("'", "''")
        connection.execute(f"set temp_directory = '{spill}'")
        connection.execute(
            f"attach '{quoted}' as warehouse (row_group_size {ROW_GROUP_SIZE})"
        )
        connection.execute("use warehouse")
        create_tables(connection)
        yield connection
    except duckdb.Error as error:
        raise LandingError(_why_not(path, error)) from error
    finally:
        connection.close()


def _why_not(path, error):
    text = str(error).partition("\n")[0]
    if "lock on file" in text:
        holder = re.search(r"PID (\d+)", text)
        who = f"process {holder[1]}" if holder else "another process"
        return f"{path} is held by {who}; close it there and try again"
    if "No space left" in text:
        return f"{path} cannot be written: the disk is full; free some and try again"
    if "not a valid DuckDB" in text:
        return f"{path} is not a DuckDB file; choose another path or move it away"
    return f"{path}: {text}"


def create_tables(connection):
    """The raw tables in the current database; raises LandingError on other columns."""
    with transaction(connection):
        (database,) = connection.execute("select current_database()").fetchall()[0]
        connection.execute("create schema if not exists raw")
        is_new = not _columns(connection, database, "landed_files")
        for name, ddl in TABLES.items():
            connection.execute(f"create table if not exists raw.{name} ({ddl})")
            connection.execute(f"create or replace temp table {name} ({ddl})")
            declared = _columns(connection, "temp", name)
            connection.execute(f"drop table temp.{name}")
            if _columns(connection, database, name) != declared:
                raise LandingError(
                    f"raw.{name} has other columns than this version declares; move "
                    "the warehouse away and land all exports again"
                )
        if is_new:
            connection.execute(SCHEMA_DRIFT)
            for what, comment in COMMENTS.items():
                connection.execute(f"comment on {what} is '{comment}'")


def _columns(connection, database, table):
    return connection.execute(
        "select column_name, data_type from duckdb_columns() where table_name = ?"
        " and database_name = ? and schema_name in ('raw', 'main') order by all",
        [table, database],
    ).fetchall()


@contextmanager
def transaction(connection):
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
