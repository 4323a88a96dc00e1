"""One process at a time changes a warehouse, and what is published of it."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

PROJECT = Path(__file__).resolve().parent.parent
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


def run_dbt(warehouse: Path, lock: int, arguments: list[str]) -> bool:
    """Runs dbt in a process of its own: its end lets go of the file."""
    command = [str(Path(sys.executable).with_name("dbt")), *arguments]
    command += [] if sys.stdout.isatty() else ["--no-use-colors"]
    environment = {**os.environ, "WAREHOUSE_PATH": str(warehouse)}
    done = subprocess.run(command, cwd=PROJECT, env=environment, pass_fds=[lock])
    return done.returncode == 0


def dbt_folders() -> list[Path]:
    """Where dbt keeps the SQL that it ran, with ids of conversations."""
    target = os.environ.get("DBT_TARGET_PATH", "target")
    logs = os.environ.get("DBT_LOG_PATH", "logs")
    return [PROJECT / target, PROJECT / logs]
