"""The main job: land the exports, then build and test every model.

Scripts move bytes and call dbt; every number is computed by the models.
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb

from scripts.land_exports import land
from scripts.raw_warehouse import LandingError

PROJECT = Path(__file__).resolve().parent.parent
# What decides the rows of a model. When any of it changed, rows built before are stale
# and the build starts over.
DEFINITIONS = ("dbt_project.yml", "models", "macros", "seeds")
LOCK_WAIT_SECONDS = 1800

EXIT_CODES = """
\b
Exit codes:
  0  done
  1  failed, or a file could not be read (the others are landed and built)
  2  wrong use
  3  done, but lines were rejected (only with --strict)

\b
Examples:
  python -m scripts.refresh                          the bundled sample exports
  python -m scripts.refresh --exports-dir /data/in   your own
  python -m scripts.refresh --full-refresh           build every model from scratch
  python -m scripts.refresh --as-of 2026-10-31T00:00:00   windows end there
"""


@contextmanager
def sole_refresh(warehouse: Path) -> Iterator[int]:
    """Holds the warehouse for this process and the dbt it starts.

    Waits for a refresh that already runs, saying which. Yields the descriptor of the
    lock: a child that inherits it keeps the warehouse held even when we are killed.
    """
    holder = warehouse.with_name(warehouse.name + ".lock")
    with holder.open("a+") as file:
        give_up = time.monotonic() + LOCK_WAIT_SECONDS
        waiting = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                file.seek(0)
                who = f"{warehouse} is held by {file.read().strip() or 'a refresh'}"
                if time.monotonic() > give_up:
                    raise click.ClickException(f"{who}. Try again later.") from None
                if not waiting:
                    click.echo(f"Waiting: {who}.")
                    waiting = True
                time.sleep(0.5)
        file.truncate(0)
        now = datetime.now(UTC)
        file.write(f"the refresh of process {os.getpid()}, since {now:%F %T} UTC")
        file.flush()
        yield file.fileno()


def definitions_hash() -> str:
    """One hash of every file that decides what a model holds."""
    digest = hashlib.sha256()
    for name in DEFINITIONS:
        path = PROJECT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(f"{file.relative_to(PROJECT)}\n".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def last_built_hash(warehouse: Path) -> str | None:
    """Hash of the definitions of the last build that succeeded, None before any."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists operations")
        connection.execute(
            "create table if not exists operations.builds "
            "(definitions_hash varchar, finished_at timestamp)"
        )
        row = connection.execute(
            "select arg_max(definitions_hash, finished_at) from operations.builds"
        ).fetchall()
    return row[0][0]


def record_build(warehouse: Path, definitions: str) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "insert into operations.builds values (?, ?)",
            [definitions, datetime.now(UTC).replace(tzinfo=None)],
        )


def dbt_build(
    warehouse: Path, full_refresh: bool, as_of: datetime | None, lock: int
) -> bool:
    """Runs `dbt build` in a process of its own: its end lets go of the file."""
    # Unit tests look at the SQL and not at the data: `make test` runs them.
    command = [str(Path(sys.executable).with_name("dbt")), "build"]
    command += ["--exclude-resource-type", "unit_test"]
    command += ["--full-refresh"] if full_refresh else []
    command += [] if sys.stdout.isatty() else ["--no-use-colors"]
    if as_of:
        command += ["--vars", json.dumps({"as_of": as_of.isoformat(sep=" ")})]
    environment = {**os.environ, "WAREHOUSE_PATH": str(warehouse)}
    done = subprocess.run(command, cwd=PROJECT, env=environment, pass_fds=[lock])
    return done.returncode == 0


@click.command(epilog=EXIT_CODES)
@click.option(
    "--exports-dir",
    envvar="EXPORTS_DIR",
    default="exports",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder with events/, conversations/, support_metrics/. [env EXPORTS_DIR]",
)
@click.option(
    "--warehouse",
    envvar="WAREHOUSE_PATH",
    default="var/warehouse.duckdb",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="DuckDB file to build, made where it is not. [env WAREHOUSE_PATH]",
)
@click.option("--full-refresh", is_flag=True, help="Build every model from scratch.")
@click.option(
    "--as-of",
    type=click.DateTime(),
    help="Windows end here (UTC); default: the latest activity not in the future.",
)
@click.option("--strict", is_flag=True, help="Exit 3 when lines were rejected.")
def main(
    exports_dir: Path,
    warehouse: Path,
    full_refresh: bool,
    as_of: datetime | None,
    strict: bool,
) -> None:
    """Land the exports, then build and test every model."""
    warehouse = warehouse.absolute()
    if not exports_dir.is_dir():
        raise click.UsageError(
            f"There is no folder {exports_dir}. Name yours with --exports-dir."
        )
    try:
        warehouse.parent.mkdir(parents=True, exist_ok=True)
        with sole_refresh(warehouse) as lock:
            report = land(exports_dir, warehouse)
            definitions = definitions_hash()
            built = last_built_hash(warehouse)
            if built and built != definitions and not full_refresh:
                click.echo("Models, macros or seeds changed: building from scratch.")
                full_refresh = True
            if not dbt_build(warehouse, full_refresh, as_of, lock):
                raise click.ClickException(
                    "dbt build failed, see above and logs/dbt.log. The exports are "
                    "landed; the next refresh goes on from there."
                )
            record_build(warehouse, definitions)
    except (LandingError, duckdb.Error, OSError) as error:
        raise click.ClickException(str(error).splitlines()[0]) from None
    click.echo(f"Built {warehouse}: query the schema marts.")
    sys.exit(report.exit_code(strict))


if __name__ == "__main__":
    main()
