"""Publish the marts: what BI tools open, while the warehouse is being refreshed.

`publish()` is what a refresh calls after a green build. It copies the marts, views as
tables, into a fresh DuckDB file and into Parquet, reads the copy back, and only then
puts it in place, so that a reader meets the last version or the next one, whole.

    marts.duckdb       the newest version, a hard link
    parquet/           the newest version as one file a table, a symbolic link
    current.json       which version is the newest
    versions/          the last few, each under its own name
"""

import json
import os
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb
import yaml

from scripts.options import publish_dir_option, warehouse_option
from scripts.run_log import one_line
from scripts.warehouse_lock import sole_refresh

MARTS = Path(__file__).resolve().parent.parent / "models" / "marts"
# Drivers of DuckDB 1.5 open it, too.
STORAGE_VERSION = "v1.5.0"
KEPT_VERSIONS = 5


class PublishError(click.ClickException):
    """Nothing was published; the text says why in one line."""


@dataclass
class Column:
    """What the YAML of a mart says of a column."""

    description: str
    contains_text: bool


@dataclass
class Mart:
    description: str
    columns: dict[str, Column]


def declared_marts():
    """{name: Mart} of the YAML beside the models.

    `config: {meta: {contains_text: true}}` marks a column that holds what people wrote.
    """
    marts = {}
    for file in sorted(MARTS.rglob("_*.yml")):
        for model in yaml.safe_load(file.read_text()).get("models") or []:
            columns = {
                column["name"]: Column(
                    _flat(column.get("description")),
                    (column.get("config") or {}).get("meta", {}).get("contains_text")
                    is True,
                )
                for column in model.get("columns") or []
            }
            marts[model["name"]] = Mart(_flat(model.get("description")), columns)
    return marts


def _flat(description):
    return " ".join((description or "").split())


def publish(warehouse, publish_dir, with_content=False):
    """Publishes the marts of a warehouse file; returns the path of the new version.

    Columns that hold what people wrote are left out unless `with_content`. A table that
    no YAML declares, and a column likewise, is never published.
    """
    publish_dir = Path(publish_dir).absolute()
    versions = publish_dir / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    _sweep(publish_dir)
    number = 1 + max(map(_number, versions.iterdir()), default=0)
    published_at = datetime.now(UTC)
    name = f"marts_{number:06}_{published_at:%Y%m%dT%H%M%SZ}"
    # What starts with a dot is a draft: the next run sweeps what a kill leaves.
    draft, draft_folder = versions / f".{name}.duckdb", versions / f".{name}"
    row_counts = _copy_marts(warehouse, draft, with_content)
    draft_folder.mkdir()
    _verify_and_export(draft, row_counts, draft_folder)
    for path in (draft, *draft_folder.iterdir(), draft_folder):
        sync(path)

    version, folder = versions / f"{name}.duckdb", versions / name
    draft.replace(version)
    draft_folder.replace(folder)
    _put_in_place(publish_dir / "marts.duckdb", lambda path: _link(version, path))
    _put_in_place(
        publish_dir / "parquet",
        lambda path: path.symlink_to(folder.relative_to(publish_dir)),
    )
    pointer = {
        "version": name,
        "database": f"versions/{name}.duckdb",
        "parquet": f"versions/{name}",
        "published_at": published_at.isoformat(timespec="seconds"),
        "with_content": with_content,
        "tables": row_counts,
    }
    _put_in_place(
        publish_dir / "current.json",
        lambda path: path.write_text(json.dumps(pointer, indent=2) + "\n"),
    )
    sync(versions)
    forget_versions(versions, KEPT_VERSIONS)
    click.echo(f"Published {publish_dir / 'marts.duckdb'} ({name}), parquet beside it.")
    return version


def _number(path):
    found = re.match(r"\.?marts_(\d+)_", path.name)
    return int(found[1]) if found else 0


def _sweep(publish_dir):
    for folder in (publish_dir, publish_dir / "versions"):
        for path in folder.glob(".*"):
            remove(path)


def remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


@contextmanager
def _connection(*arguments, **options):
    """A connection of its own instance; errors are one line of text."""
    try:
        with duckdb.connect(*arguments, **options) as connection:
            connection.execute("set TimeZone = 'UTC'")
            # Rows need no order, and tables of any size then stream.
            connection.execute("set preserve_insertion_order = false")
            yield connection
    except duckdb.Error as error:
        raise PublishError(f"nothing published: {one_line(error)}") from error


def quoted(name):
    return '"' + str(name).replace('"', '""') + '"'


def literal(text):
    return "'" + str(text).replace("'", "''") + "'"


def _copy_marts(warehouse, draft, with_content):
    """Copies every declared mart into the file `draft`: {table: rows}."""
    row_counts = {}
    with _connection(str(warehouse), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, list(column_name order by column_index)"
            " from duckdb_columns() where database_name = current_database()"
            " and schema_name = 'marts' group by table_name order by table_name"
        ).fetchall()
        marts = declared_marts()
        # In schema main: of a schema marts in a file marts.duckdb DuckDB cannot tell
        # which of the two `marts.conversations` means. This way it is the file.
        connection.execute(
            f"attach {literal(draft)} as publication"
            f" (read_write, storage_version '{STORAGE_VERSION}')"
        )
        for table, names in columns:
            if table not in marts:
                continue
            declared = marts[table].columns
            kept = [
                name
                for name in names
                if name in declared
                and (with_content or not declared[name].contains_text)
            ]
            target = f"publication.main.{quoted(table)}"
            row_counts[table] = connection.execute(
                f"create table {target} as select {', '.join(map(quoted, kept))}"
                f" from marts.{quoted(table)}"
            ).fetchall()[0][0]
            connection.execute(
                f"comment on table {target} is {literal(marts[table].description)}"
            )
            for name in kept:
                connection.execute(
                    f"comment on column {target}.{quoted(name)}"
                    f" is {literal(declared[name].description)}"
                )
        connection.execute("checkpoint publication")
        connection.execute("detach publication")
    if not row_counts:
        raise PublishError(f"nothing published: {warehouse} holds no marts yet")
    return row_counts


def _verify_and_export(draft, row_counts, folder):
    """Reads every value of the copy as a reader would, and writes it as Parquet."""
    with _connection() as connection:
        connection.execute(f"attach {literal(draft)} as publication (read_only)")
        for table, expected in row_counts.items():
            source = f"publication.main.{quoted(table)}"
            # hash(t) reads every column, and with it the checksum of every block.
            (found, _), *_ = connection.execute(
                f"select count(*), bit_xor(hash(t)) from {source} as t"
            ).fetchall()
            if found != expected:
                raise PublishError(
                    f"nothing published: {table} has {found} rows of {expected}"
                )
            file = folder / f"{table}.parquet"
            connection.execute(
                f"copy {source} to {literal(file)} (format parquet, compression zstd)"
            )


def sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _link(version, path):
    try:
        path.hardlink_to(version)
    except OSError:  # a file system without hard links
        shutil.copyfile(version, path)


def _put_in_place(path, write):
    """What `write` makes under another name becomes `path`, in one step."""
    draft = path.with_name(f".{path.name}")
    write(draft)
    if not draft.is_symlink():
        sync(draft)
    # A log of the file that goes away would make the new one unreadable.
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    draft.replace(path)
    sync(path.parent)


def forget_versions(versions, count):
    """Removes all versions but the last `count`."""
    kept = sorted({_number(path) for path in versions.iterdir()})[-count:]
    for path in versions.iterdir():
        if _number(path) not in kept:
            remove(path)


@click.command()
@warehouse_option("whose marts to publish")
@publish_dir_option
@click.option(
    "--publish-content",
    envvar="PUBLISH_CONTENT",
    is_flag=True,
    help="Publish what people wrote, too. [env PUBLISH_CONTENT]",
)
def main(warehouse, publish_dir, publish_content):
    """Publish the marts of the last build again, with their pages."""
    # The pages read what is declared here.
    from scripts.dashboards.site import write_pages

    warehouse = warehouse.absolute()
    try:
        with sole_refresh(warehouse):
            publish(warehouse, publish_dir, publish_content)
            write_pages(publish_dir)
    except (OSError, duckdb.Error) as error:
        raise click.ClickException(one_line(error)) from None


if __name__ == "__main__":
    main()
