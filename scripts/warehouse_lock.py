"""One process at a time changes a warehouse, and what is published of it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

LOCK_WAIT_SECONDS = 1800


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
