"""The main job: land the exports, build and test every model, publish the marts.

Scripts move bytes and call dbt; every number is computed by the models. What happens in
which order is the list STEPS at the end.
"""

import hashlib
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import duckdb

from scripts.alerts import alert
from scripts.dashboards.site import write_pages
from scripts.erase import forget_texts
from scripts.land_exports import land
from scripts.options import exports_dir_option, publish_dir_option, warehouse_option
from scripts.publish import publish
from scripts.raw_warehouse import LandingError
from scripts.run_log import Entry, RunLog, one_line
from scripts.warehouse_lock import run_dbt, sole_refresh

PROJECT = Path(__file__).resolve().parent.parent
# What decides the rows of a model. When any of it changed, rows built before are stale
# and the build starts over.
DEFINITIONS = ("dbt_project.yml", "models", "macros", "seeds")

EXIT_CODES = """
\b
Exit codes:
  0  done
  1  failed, or a file could not be read (the others are landed and built), or an
     alert could not be sent
  2  wrong use
  3  done, but lines were rejected (only with --strict)

\b
Examples:
  python -m scripts.refresh                          the bundled sample exports
  python -m scripts.refresh --exports-dir /data/in   your own
  python -m scripts.refresh --full-refresh           build every model from scratch
  python -m scripts.refresh --as-of 2026-10-31T00:00:00   windows end there
  python -m scripts.refresh --as-of now              for data that should be fresh
"""


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
    # Unit tests look at the SQL and not at the data: `make test` runs them.
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    arguments += ["--full-refresh"] if full_refresh else []
    if as_of:
        arguments += ["--vars", json.dumps({"as_of": as_of.isoformat(sep=" ")})]
    return run_dbt(warehouse, lock, arguments)


class Instant(click.DateTime):
    """A time (UTC), or `now`."""

    def convert(self, value: Any, *context: Any) -> datetime:
        if value == "now":
            return datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        return super().convert(value, *context)


@dataclass
class Refresh:
    """One refresh: what its steps are given, and the exit code they leave."""

    exports_dir: Path
    warehouse: Path
    publish_dir: Path
    full_refresh: bool
    as_of: datetime | None
    strict: bool
    publish_content: bool
    redact_contacts: bool
    retention_days: int | None
    lock: int
    exit_code: int = 0


def land_exports(refresh: Refresh, entry: Entry) -> None:
    report = land(refresh.exports_dir, refresh.warehouse, refresh.redact_contacts)
    entry.rows_landed, entry.rows_rejected = report.rows, report.rejected
    refresh.exit_code = report.exit_code(refresh.strict)


def build_models(refresh: Refresh, entry: Entry) -> None:
    definitions = definitions_hash()
    built = last_built_hash(refresh.warehouse)
    full_refresh = refresh.full_refresh
    if built and built != definitions and not full_refresh:
        click.echo("Models, macros or seeds changed: building from scratch.")
        full_refresh = True
    if not dbt_build(refresh.warehouse, full_refresh, refresh.as_of, refresh.lock):
        raise click.ClickException(
            "dbt build failed, see above and logs/dbt.log. The exports are landed; "
            "the next refresh goes on from there."
        )
    record_build(refresh.warehouse, definitions)
    click.echo(f"Built {refresh.warehouse}: query the schema marts.")


def forget_old_texts(refresh: Refresh, entry: Entry) -> None:
    if refresh.retention_days is not None:
        forget_texts(refresh.warehouse, refresh.retention_days)


def report_alerts(refresh: Refresh, entry: Entry) -> None:
    _, is_told = alert(refresh.warehouse)
    if not is_told:
        refresh.exit_code = 1


def publish_marts(refresh: Refresh, entry: Entry) -> None:
    publish(refresh.warehouse, refresh.publish_dir, refresh.publish_content)


def write_dashboards(refresh: Refresh, entry: Entry) -> None:
    write_pages(refresh.publish_dir)


# A step that raises ends the refresh: nothing is published that did not build.
STEPS = {
    "land": land_exports,
    "build": build_models,
    "forget": forget_old_texts,
    "alerts": report_alerts,
    "publish": publish_marts,
    "pages": write_dashboards,
}


@click.command(epilog=EXIT_CODES)
@exports_dir_option
@warehouse_option("to build, made where it is not", exists=False)
@click.option("--full-refresh", is_flag=True, help="Build every model from scratch.")
@click.option(
    "--as-of",
    type=Instant(),
    help="Windows end here (UTC), or now; default: the latest activity not in the "
    "future. Whether data is stale shows only against now.",
)
@click.option("--strict", is_flag=True, help="Exit 3 when lines were rejected.")
@click.option(
    "--redact-contacts",
    envvar="REDACT_CONTACTS",
    is_flag=True,
    help="Land no e-mail addresses, phone and card numbers. [env REDACT_CONTACTS]",
)
@publish_dir_option
@click.option(
    "--publish-content",
    envvar="PUBLISH_CONTENT",
    is_flag=True,
    help="Publish the text of messages, too. [env PUBLISH_CONTENT]",
)
@click.option(
    "--retention-days",
    envvar="RETENTION_DAYS",
    type=click.IntRange(min=1),
    help="Forget the texts of conversations that ended longer ago; counts stay. "
    "[env RETENTION_DAYS]",
)
def main(warehouse: Path, exports_dir: Path, **options: Any) -> None:
    """Land the exports, build and test every model, publish the marts."""
    warehouse = warehouse.absolute()
    if not exports_dir.is_dir():
        raise click.UsageError(
            f"There is no folder {exports_dir}. Name yours with --exports-dir."
        )
    try:
        warehouse.parent.mkdir(parents=True, exist_ok=True)
        with sole_refresh(warehouse) as lock:
            refresh = Refresh(exports_dir, warehouse, lock=lock, **options)
            log = RunLog(warehouse)
            for name, step in STEPS.items():
                with log.step(name) as entry:
                    step(refresh, entry)
    except (LandingError, duckdb.Error, OSError) as error:
        raise click.ClickException(one_line(error)) from None
    sys.exit(refresh.exit_code)


if __name__ == "__main__":
    main()
