"""The log of refreshes: operations.refresh_runs, one row a run and step.

A step is written when it starts and again when it ends, so a refresh that was killed
leaves a row without an end; the next one calls it interrupted.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from scripts.raw_warehouse import LandingError, open_warehouse

TABLE = (
    "create schema if not exists operations",
    """create table if not exists operations.refresh_runs (
        run_id string, step string, status string, started_at timestamp,
        finished_at timestamp, seconds double, rows_landed bigint,
        rows_rejected bigint, error string
    )""",
)


def create_table(execute: Callable[[str], object]) -> None:
    """Makes the table where it is not, by what executes a statement of SQL."""
    for statement in TABLE:
        execute(statement)


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass
class Entry:
    """What a step may say of itself."""

    rows_landed: int | None = None
    rows_rejected: int | None = None


class RunLog:
    """The rows of one run; a step is a `with` block."""

    def __init__(self, warehouse: Path) -> None:
        self._warehouse = warehouse
        self.run_id = f"{now():%Y%m%dT%H%M%S.%f}Z-{os.getpid()}"
        # Whoever writes here holds the lock of the warehouse: no other run is alive.
        self._write(
            "update operations.refresh_runs set status = 'interrupted'"
            " where status = 'running'"
        )

    @contextmanager
    def step(self, name: str) -> Iterator[Entry]:
        entry, started_at = Entry(), now()
        self._write(
            "insert into operations.refresh_runs (run_id, step, status, started_at)"
            " values (?, ?, 'running', ?)",
            [self.run_id, name, started_at],
        )
        try:
            yield entry
        except BaseException as error:
            # A full disk fails the step and its log alike: the step is what to tell of.
            with suppress(duckdb.Error, LandingError, OSError):
                self._end(name, started_at, entry, "failed", one_line(error))
            raise
        self._end(name, started_at, entry, "done", None)

    def _end(
        self,
        name: str,
        started_at: datetime,
        entry: Entry,
        status: str,
        error: str | None,
    ) -> None:
        finished_at = now()
        self._write(
            "update operations.refresh_runs set status = ?, finished_at = ?,"
            " seconds = ?, rows_landed = ?, rows_rejected = ?, error = ?"
            " where run_id = ? and step = ?",
            [
                status,
                finished_at,
                (finished_at - started_at).total_seconds(),
                entry.rows_landed,
                entry.rows_rejected,
                error,
                self.run_id,
                name,
            ],
        )

    def _write(self, sql: str, values: list | None = None) -> None:
        with open_warehouse(self._warehouse) as connection:
            create_table(connection.execute)
            connection.execute(sql, values)


def one_line(error: BaseException) -> str:
    """The first line of an error, or its kind where it has no text."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
