"""What a refresh survives: `python -m benchmarks.faults`.

Kills land, publish and whole refreshes at random moments, and injects the other faults
of docs/operations.md. After each the same work is done again, undisturbed, and has to
end where an uninterrupted run ends: every table equal, nothing lost, nothing double.
Prints the table of docs/operations.md.
"""

import gzip
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import click
import duckdb

from scripts.land_exports import land
from scripts.publish import publish
from scripts.raw_warehouse import LandingError
from scripts.run_log import one_line

PROJECT = Path(__file__).resolve().parent.parent
# When something landed, and in which attempt, is no part of the state.
NO_STATE = {"_landed_at", "landed_at", "first_landed_at", "_file_id", "file_id"}
LINE = (
    '{"event_type":"message_received","conversation_id":"c%d","event_id":"e%d",'
    '"timestamp":"2026-01-01T00:00:00Z","properties":{"sender":"prospect"}}\n'
)
# Children start from a server that has imported everything: a kill costs milliseconds.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["benchmarks.faults"])
os.environ["PYTHONWARNINGS"] = "ignore:.*found in sys.modules:RuntimeWarning"


def state(path):
    """{table: hash of its rows, in any order} of a DuckDB file, views too."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name, list(column_name order by column_name)"
            " from duckdb_columns() where not internal and schema_name != 'operations'"
            " and table_name not in ('refresh_runs', 'schema_drift')"
            " group by all order by all"
        ).fetchall()
        return {
            (schema, table): connection.execute(
                f"select count(*), sum(hash({columns_of(columns)}))"
                f' from "{schema}"."{table}"'
            ).fetchall()[0]
            for schema, table, columns in tables
        }


def columns_of(columns):
    return ", ".join(f'"{column}"' for column in columns if column not in NO_STATE)


def quietly(work, *arguments):
    """In a child: works without a word, so that a table can be printed."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        work(*arguments)


def seconds_of(work, *arguments):
    started = time.monotonic()
    child = processes.Process(target=quietly, args=(work, *arguments))
    child.start()
    child.join()
    assert child.exitcode == 0, f"{work.__name__} failed undisturbed"
    return time.monotonic() - started


def killed(work, arguments, after):
    """Starts work in a process and kills it; whether it was still at work."""
    child = processes.Process(target=quietly, args=(work, *arguments))
    child.start()
    child.join(after)
    was_alive = child.is_alive()
    child.kill()
    child.join()
    return was_alive


def tiny_exports(folder, files=12, lines=400):
    (folder / "events").mkdir(parents=True)
    for file in range(files):
        text = "".join(LINE % (i % 50, file * lines + i) for i in range(lines))
        text += "cut {\n\n" + LINE % (0, 0)
        with gzip.open(folder / "events" / f"{file}.jsonl.gz", "wt") as opened:
            opened.write(text)
    return folder


def kill_landing(folder, kills, rng):
    exports = tiny_exports(folder / "exports")
    seconds = seconds_of(land, exports, folder / "undisturbed.duckdb")
    expected = state(folder / "undisturbed.duckdb")
    struck = 0
    for number in range(kills):
        warehouse = folder / f"{number}.duckdb"
        struck += killed(land, (exports, warehouse), rng.uniform(0, seconds))
        quietly_here(land, exports, warehouse)
        assert state(warehouse) == expected, f"kill {number} of land"
        warehouse.unlink()
    return struck


def tiny_marts(warehouse, version):
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists marts")
        for table in ("conversations", "messages"):
            connection.execute(
                f"create or replace table marts.{table} as select {version}"
                " as conversation_id, i as message_position from range(50000) as t (i)"
            )


def kill_publishing(folder, kills, rng):
    """Also between kill and recovery a reader finds one whole version."""
    warehouse, published = folder / "w.duckdb", folder / "published"
    tiny_marts(warehouse, 0)
    seconds = seconds_of(publish, warehouse, published)
    struck = 0
    for number in range(1, kills + 1):
        tiny_marts(warehouse, number)
        struck += killed(publish, (warehouse, published), rng.uniform(0, seconds))
        seen = versions_in(published / "marts.duckdb")
        assert len(seen) == 1, f"kill {number} of publish: {seen}"
        quietly_here(publish, warehouse, published)
        assert versions_in(published / "marts.duckdb") == {number}
        assert not list(published.rglob(".*")), "drafts are left"
    return struck


def versions_in(path):
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "select conversation_id, count(*) from (from conversations union all"
            " by name from messages) group by 1"
        ).fetchall()
    assert all(count == 100_000 for _, count in rows), rows
    return {version for version, _ in rows}


def quietly_here(work, *arguments):
    seconds_of(work, *arguments)


def refresh(folder, exports, wait=True, limit=None, **environment):
    """`python -m scripts.refresh` of a warehouse in `folder`, in a group of its own."""

    def limited():
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.refresh", "--exports-dir", str(exports)],
        cwd=PROJECT,
        env={
            **os.environ,
            "WAREHOUSE_PATH": str(folder / "w.duckdb"),
            "PUBLISH_DIR": str(folder / "published"),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=limited,
    )
    if not wait:
        return process
    out, _ = process.communicate()
    return process.returncode, out


def kill_refreshes(folder, kills, rng):
    """Kills dbt as it builds, and now and then what comes before and after it."""
    exports = tiny_exports(folder / "exports", files=2, lines=40)
    undisturbed = folder / "undisturbed"
    undisturbed.mkdir()
    started = time.monotonic()
    code, out = refresh(undisturbed, exports)
    assert code == 0, out[-2000:]
    seconds = time.monotonic() - started
    expected = (
        state(undisturbed / "w.duckdb"),
        state(undisturbed / "published" / "marts.duckdb"),
    )
    struck = 0
    for number in range(kills):
        one = folder / str(number)
        one.mkdir()
        process = refresh(one, exports, wait=False)
        time.sleep(rng.uniform(0.1, 1) * seconds)
        struck += process.poll() is None
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        code, out = refresh(one, exports)
        assert code == 0, out[-2000:]
        found = state(one / "w.duckdb"), state(one / "published" / "marts.duckdb")
        differ = [
            table
            for ours, theirs in zip(found, expected, strict=True)
            for table in ours.keys() | theirs.keys()
            if ours.get(table) != theirs.get(table)
        ]
        assert not differ, f"kill {number} of refresh: {differ}"
        shutil.rmtree(one)
    return struck


def error_of(work, *arguments):
    try:
        work(*arguments)
    except (LandingError, click.ClickException, OSError, duckdb.Error) as error:
        return one_line(error)
    return None


def landed_again(folder, exports, expected):
    land(exports, folder / "w.duckdb")
    assert state(folder / "w.duckdb") == expected


def full_disk(folder, exports, expected):
    """No file may grow past a twentieth of what the warehouse needs."""
    needed = (folder.parent / "undisturbed.duckdb").stat().st_size
    code = (
        "import resource, signal, sys;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({needed // 20}, {needed // 20}));"
        "from scripts.land_exports import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={
            **os.environ,
            "EXPORTS_DIR": str(exports),
            "WAREHOUSE_PATH": str(folder / "w.duckdb"),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    landed_again(folder, exports, expected)
    return (done.stderr or done.stdout).strip().splitlines()[-1]


def corrupt_warehouse(folder, exports, expected):
    (folder / "w.duckdb").write_bytes(b"no database " * 4096)
    told = error_of(land, exports, folder / "w.duckdb")
    (folder / "w.duckdb").rename(folder / "moved away")
    landed_again(folder, exports, expected)
    return told


def read_only_folder(folder, exports, expected):
    """As a user that may not write; root may, so a file stands in the way instead."""
    land(exports, folder / "w.duckdb")
    tiny_marts(folder / "w.duckdb", 1)
    (folder / "published").write_text("a file where the folder should be")
    told = error_of(publish, folder / "w.duckdb", folder / "published")
    (folder / "published").unlink()
    publish(folder / "w.duckdb", folder / "published")
    return told


def growing_file(folder, exports, expected):
    """Lines are added while it is read; the rest lands with the next run."""
    root = folder / "growing"
    (root / "events").mkdir(parents=True)
    file = root / "events" / "a.jsonl"
    file.write_text("".join(LINE % (1, i) for i in range(200_000)))
    child = processes.Process(target=quietly, args=(land, root, folder / "g.duckdb"))
    child.start()
    lines = 200_000
    with file.open("a") as opened:
        while child.is_alive():
            opened.write(LINE % (1, lines))
            opened.flush()
            lines += 1
            time.sleep(0.002)
    child.join()
    assert child.exitcode == 0
    land(root, folder / "g.duckdb")
    with duckdb.connect(str(folder / "g.duckdb"), read_only=True) as connection:
        ((distinct, files, odd),) = connection.execute(
            "select (select count(distinct event_id) from raw.events), count(*),"
            " count(*) filter (line_count != row_count + rejected_count + blank_count)"
            " from raw.landed_files"
        ).fetchall()
    assert (distinct, odd) == (lines, 0), (distinct, lines, odd)
    return f"no error: it landed twice ({files} contents), none lost"


def clock_moved_back(folder, exports, expected):
    warehouse, published = folder / "w.duckdb", folder / "published"
    import scripts.publish as publishing

    class Earlier(publishing.datetime):
        @classmethod
        def now(cls, zone=None):
            return super().now(zone).replace(year=2001, month=1, day=1)

    tiny_marts(warehouse, 1)
    publish(warehouse, published)
    tiny_marts(warehouse, 2)
    real, publishing.datetime = publishing.datetime, Earlier
    try:
        version = publish(warehouse, published)
    finally:
        publishing.datetime = real
    assert versions_in(published / "marts.duckdb") == {2}
    return f"no error: {version.stem} is the newest"


def two_at_once(folder, exports, expected):
    """Two landings: the second is told who holds the warehouse, and lands later."""
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys, time;"
            f" c = duckdb.connect({str(folder / 'w.duckdb')!r});"
            " print('open', flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
    )
    holder.stdout.readline()
    told = error_of(land, exports, folder / "w.duckdb")
    holder.kill()
    holder.wait()
    assert str(holder.pid) in told
    landed_again(folder, exports, expected)
    return told.replace(str(holder.pid), "N")


FAULTS = {
    "disk full while landing": full_disk,
    "warehouse file is corrupt": corrupt_warehouse,
    "publish folder cannot be written": read_only_folder,
    "export grows while it is read": growing_file,
    "clock moved back": clock_moved_back,
    "warehouse held by another process": two_at_once,
}
KILLS = {"land": kill_landing, "publish": kill_publishing, "refresh": kill_refreshes}


def run_fault(name, folder):
    """Injects one fault in `folder`; returns what the user was told."""
    exports = tiny_exports(folder / "exports")
    land(exports, folder / "undisturbed.duckdb")
    (folder / "faulty").mkdir()
    expected = state(folder / "undisturbed.duckdb")
    return FAULTS[name](folder / "faulty", exports, expected)


@click.command()
@click.option("--kills", default=200, show_default=True, help="Of land and publish.")
@click.option("--refreshes", default=12, show_default=True, help="Kills of refreshes.")
@click.option("--seed", default=5, show_default=True)
def main(kills, refreshes, seed):
    """Kill and break, check what comes after, print the table."""
    rng = random.Random(seed)
    shares = {"land": kills // 2, "publish": kills - kills // 2, "refresh": refreshes}
    lines = [
        "| fault | times | the error said | after the next run |",
        "|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as name:
        for step, count in shares.items():
            folder = Path(name, step)
            folder.mkdir()
            struck = KILLS[step](folder, count, rng) if count else 0
            click.echo(f"{step}: {count} kills, {struck} while it worked", err=True)
            lines.append(
                f"| kill -9 of {step}, at random moments | {count}, {struck} of them"
                " before its end | - | as undisturbed |"
            )
        for fault in FAULTS:
            folder = Path(name, fault.replace(" ", "_"))
            folder.mkdir()
            told = run_fault(fault, folder).replace(name, "...")
            click.echo(f"{fault}: {told}", err=True)
            lines.append(f"| {fault} | 1 | {told} | as undisturbed |")
    click.echo("\n".join(lines))


if __name__ == "__main__":
    main()
