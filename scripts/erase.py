"""Erase a customer or a conversation; forget the texts of old conversations.

What was said and who said it goes: from the warehouse, from every published version
and from the pages. What counts stays, under a token that means nothing, so no total
changes. The warehouse file is written anew, because deleted text stays in the old one.
An id that is erased stays so: landing leaves out every record that names it.
"""

import gzip
import json
import shutil
import sys
from datetime import UTC, datetime

import click
import duckdb

from scripts import raw_tables
from scripts.dashboards.site import write_pages
from scripts.erasures import ErasedIds
from scripts.options import publish_dir_option, warehouse_option
from scripts.publish import (
    declared_marts,
    forget_versions,
    literal,
    publish,
    remove,
    sync,
)
from scripts.raw_warehouse import (
    ROW_GROUP_SIZE,
    LandingError,
    open_warehouse,
    spill_folder,
    transaction,
)
from scripts.run_log import one_line
from scripts.scrub import conversation_id, conversations_of, scrub
from scripts.warehouse_lock import dbt_folders, run_dbt, sole_refresh

BATCH = 2000
RECEIPTS = """
    create schema if not exists operations;
    create table if not exists operations.erasures (
        erased_at timestamp, kind varchar, id_hash varchar, conversations bigint,
        receipt json
    );
    create table if not exists operations.forgotten_texts (
        conversation_id varchar, file_id bigint
    )
"""


def text_columns():
    """(mart, column) of what people wrote."""
    return {
        (mart, name)
        for mart, declared in declared_marts().items()
        for name, column in declared.columns.items()
        if column.contains_text
    }


def compact(warehouse):
    """Writes the warehouse anew: what was deleted is in the old file only."""
    draft = warehouse.with_name(f".{warehouse.name}.compact")
    draft.unlink(missing_ok=True)
    spill = spill_folder(warehouse)
    with duckdb.connect() as connection:
        connection.execute(f"set temp_directory = {literal(spill)}")
        connection.execute(f"attach {literal(warehouse)} as old")
        connection.execute(
            f"attach {literal(draft)} as new (row_group_size {ROW_GROUP_SIZE})"
        )
        connection.execute("copy from database old to new")
        connection.execute("force checkpoint new")
        connection.execute("force checkpoint old")
        connection.execute("detach new")
    sync(draft)
    warehouse.with_name(f"{warehouse.name}.wal").unlink(missing_ok=True)
    draft.replace(warehouse)
    shutil.rmtree(spill, ignore_errors=True)
    sync(warehouse.parent)


def erase(warehouse, publish_dir, kind, name, publish_content, lock):
    """Erases and returns the receipt."""
    erased = ErasedIds(warehouse)
    with open_warehouse(warehouse) as connection:
        connection.execute(RECEIPTS)
        customers = [name] if kind == "customer" else []
        conversations = {name}
        if customers:
            conversations = conversations_of(connection, name)
        files = files_that_hold(connection, conversations)
        # First the list: from here on nothing of it lands again.
        erased.add([*conversations, *customers])
        with transaction(connection):
            rows = scrub(connection, conversations, customers, texts=text_columns())
    # Tables that are built whole hold parts of texts, under no conversation.
    rebuild(warehouse, lock)
    compact(warehouse)
    if publish_dir.is_dir():
        publish(warehouse, publish_dir, publish_content)
        write_pages(publish_dir)
        forget_versions(publish_dir / "versions", 1)
    names = [*conversations, *customers]
    removed = [
        name
        for folder in (publish_dir, *dbt_folders())
        for name in remove_files_with(folder, names)
    ]
    left, scanned = files_with(warehouse.parent, warehouse.name, names)
    receipt = {
        "rows": rows,
        "export_files": files,
        "files_scanned": scanned,
        "files_removed": removed,
        "files_that_still_hold_an_id": left,
    }
    with open_warehouse(warehouse) as connection:
        connection.execute(
            "insert into operations.erasures values (?, ?, ?, ?, ?)",
            [
                datetime.now(UTC).replace(tzinfo=None),
                kind,
                erased.hash(name),
                len(conversations),
                json.dumps(receipt),
            ],
        )
    return receipt


def files_that_hold(connection, conversations):
    """The export files that the records of conversations came from."""
    return [
        path
        for (path,) in connection.execute(
            "select distinct file_path from raw.landed_files"
            " where file_id in ("
            + " union ".join(
                f"select _file_id from raw.{feed}"
                f" where list_contains($1, {conversation_id(feed)})"
                for feed in raw_tables.FEEDS
            )
            + ") order by all",
            [list(conversations)],
        ).fetchall()
    ]


def rebuild(warehouse, lock):
    if not run_dbt(warehouse, lock, ["run", "--select", "config.materialized:table"]):
        raise click.ClickException(
            "dbt run failed, see above. The warehouse is scrubbed, and not yet written"
            " anew nor published: erase again once the refresh is mended."
        )


def files_with(folder, prefix, names):
    """(files whose bytes hold a name, how many files were read); gzip is unpacked."""
    needles = [name.encode() for name in names]
    paths = [
        p for p in folder.rglob(f"{prefix}*") if p.is_file() and not p.is_symlink()
    ]
    found = [str(p.relative_to(folder)) for p in paths if holds(p, needles)]
    return sorted(found), len(paths)


def holds(path, needles, block_bytes=1 << 22):
    keep = max(map(len, needles), default=1)
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    opened = gzip.open if packed else open
    with opened(path, "rb") as file:
        tail = b""
        while block := file.read(block_bytes):
            text = tail + block
            if any(needle in text for needle in needles):
                return True
            tail = text[-keep:]
    return False


def remove_files_with(folder, names):
    """Removes files that hold a name, such as a page or what dbt ran; returns them."""
    found, _ = files_with(folder, "", names)
    for name in found:
        remove(folder / name)
    return found


def forget_texts(warehouse, days):
    """Takes the texts out of conversations that ended `days` ago; counts stay."""
    with open_warehouse(warehouse) as connection:
        connection.execute(RECEIPTS)
        landed = " union all ".join(
            f"select {conversation_id(feed)} as conversation_id, _file_id"
            f" from raw.{feed}"
            for feed in raw_tables.FEEDS
        )
        old = connection.execute(
            f"""
            with newest as (
                select conversation_id, max(_file_id) as file_id
                from ({landed}) group by conversation_id
            ),
            done as (
                select conversation_id, max(file_id) as file_id
                from operations.forgotten_texts group by conversation_id
            )
            select newest.conversation_id, newest.file_id
            from newest
            inner join marts.conversations as c using (conversation_id)
            left join done using (conversation_id)
            where coalesce(c.ended_at, c.started_at)
                < (select as_of from intermediate.as_of) - to_days(cast(? as integer))
                and newest.file_id > coalesce(done.file_id, -1)
            """,
            [days],
        ).fetchall()
        for start in range(0, len(old), BATCH):
            batch = dict(old[start : start + BATCH])
            with transaction(connection):
                scrub(connection, set(batch), keeps_ids=True, texts=text_columns())
                connection.executemany(
                    "insert into operations.forgotten_texts values (?, ?)",
                    list(batch.items()),
                )
    if old:
        compact(warehouse)
        click.echo(f"Took the texts out of {len(old):,} conversations that are over.")


HELP = """
Erase a customer, with every conversation that names them, or one conversation.

\b
Examples:
  python -m scripts.erase --customer cust-000343
  python -m scripts.erase --conversation c00000497

Counts and sums stay; texts and ids go, from the warehouse and from what is published.
The receipt names the export files that still hold them: those are yours to rewrite.

\b
Exit codes:
  0  erased, and no file holds the id any more
  1  failed, or a file still holds it (the receipt says which)
  2  wrong use
"""


@click.command(help=HELP)
@click.option("--customer", help="Id of a customer.")
@click.option("--conversation", help="Id of a conversation.")
@warehouse_option("to erase in")
@publish_dir_option
@click.option(
    "--publish-content",
    envvar="PUBLISH_CONTENT",
    is_flag=True,
    help="Publish what people wrote, too. [env PUBLISH_CONTENT]",
)
def main(customer, conversation, warehouse, publish_dir, publish_content):
    if bool(customer) == bool(conversation):
        raise click.UsageError("Give one of --customer and --conversation.")
    warehouse = warehouse.absolute()
    kind = "customer" if customer else "conversation"
    try:
        with sole_refresh(warehouse) as lock:
            receipt = erase(
                warehouse,
                publish_dir.absolute(),
                kind,
                customer or conversation,
                publish_content,
                lock,
            )
    except (LandingError, duckdb.Error, OSError) as error:
        raise click.ClickException(one_line(error)) from None
    click.echo(json.dumps(receipt, indent=2))
    sys.exit(1 if receipt["files_that_still_hold_an_id"] else 0)


if __name__ == "__main__":
    main()
