"""What a refresh survives: `python -m benchmarks.faults`.

Kills land, publish, deliver and whole refreshes at random moments, and injects the
other faults of docs/operations.md. After each the same work is done again, undisturbed,
and has to end where an uninterrupted run ends: every table equal, nothing lost, nothing
double. Prints the table of docs/operations.md.
"""

import gzip
import io
import multiprocessing
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import redirect_stdout, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import duckdb

from scripts import alert_notices
from scripts.land_exports import land
from scripts.publish import publish
from scripts.raw_warehouse import LandingError
from scripts.run_log import one_line

PROJECT = Path(__file__).resolve().parent.parent
# When something landed, and in which attempt, is no part of the state.
NO_STATE = {
    "_landed_at",
    "landed_at",
    "first_landed_at",
    "last_landed_at",
    "_file_id",
    "file_id",
    "file_count",
}
LINE = (
    '{"event_type":"message_received","conversation_id":"c%d","event_id":"e%d",'
    '"timestamp":"2026-01-01T00:00:00Z","properties":{"sender":"prospect"}}\n'
)
# Children start from a server that has imported everything: a kill costs milliseconds.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["benchmarks.faults"])
os.environ["PYTHONWARNINGS"] = "ignore::RuntimeWarning"  # of a module run by its name


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


def quietly(pipe, work, *arguments):
    """In a child: works without a word but when it begins and when it has ended."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        pipe.send("begun")
        work(*arguments)
        pipe.send("ended")


def begun(work, *arguments):
    """A child at work, and the pipe that says when it has ended."""
    here, there = processes.Pipe(duplex=False)
    child = processes.Process(target=quietly, args=(there, work, *arguments))
    child.start()
    assert here.recv() == "begun"
    # The other end stays open here, so that silence is not taken for an end.
    child.other_end = there
    return child, here


def seconds_of(work, *arguments):
    child, pipe = begun(work, *arguments)
    started = time.monotonic()
    child.join()
    assert pipe.poll() and child.exitcode == 0, f"{work.__name__} failed undisturbed"
    return time.monotonic() - started


def killed(after, work, *arguments):
    """Kills work so many seconds after it began; whether that struck it at work."""
    child, pipe = begun(work, *arguments)
    pipe.poll(after)
    child.kill()
    child.join()
    return not pipe.poll()


def until_struck(kills, once):
    """Draws until so many kills struck; returns how many were drawn."""
    struck = drawn = 0
    while struck < kills:
        drawn += 1
        struck += once(drawn)
    return drawn


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

    def once(number):
        warehouse = folder / f"{number}.duckdb"
        struck = killed(rng.uniform(0, seconds), land, exports, warehouse)
        seconds_of(land, exports, warehouse)
        assert state(warehouse) == expected, f"kill {number} of land"
        warehouse.unlink()
        return struck

    return until_struck(kills, once)


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

    def once(number):
        tiny_marts(warehouse, number)
        struck = killed(rng.uniform(0, seconds), publish, warehouse, published)
        seen = versions_in(published / "marts.duckdb")
        assert len(seen) == 1, f"kill {number} of publish: {seen}"
        seconds_of(publish, warehouse, published)
        assert versions_in(published / "marts.duckdb") == {number}
        assert not list(published.rglob(".*")), "drafts are left"
        return struck

    return until_struck(kills, once)


def versions_in(path):
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "select conversation_id, count(*) from (from conversations union all"
            " by name from messages) group by 1"
        ).fetchall()
    assert all(count == 100_000 for _, count in rows), rows
    return {version for version, _ in rows}


class Receiver(BaseHTTPRequestHandler):
    """Takes every notice and keeps its key in `keys` of the server."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.keys.append(self.headers["Idempotency-Key"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def deliver_to(warehouse, url):
    with duckdb.connect(str(warehouse)) as connection:
        alert_notices.deliver(connection, url)


def kill_delivering(folder, kills, rng):
    """Every notice arrives, in order; at most the one being sent arrives twice."""
    warehouse, keys = folder / "w.duckdb", [f"key {i:02}" for i in range(20)]
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(alert_notices.LEDGER)
        connection.execute(
            "insert into operations.alert_notices select key, 'r', 'all', 'fired', 0,"
            " '2026-01-01', '2026-01-01', '2026-01-01', key, key"
            " from (select unnest(?) as key)",
            [keys],
        )
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever).start()
    url = f"json://127.0.0.1:{server.server_port}"

    def fresh(number):
        server.keys = []
        return shutil.copy(warehouse, folder / f"{number}.duckdb")

    def once(number):
        copy = fresh(number)
        struck = killed(rng.uniform(0, seconds), deliver_to, copy, url)
        seconds_of(deliver_to, copy, url)
        assert list(dict.fromkeys(server.keys)) == keys, f"kill {number} of deliver"
        assert len(server.keys) <= len(keys) + 1, f"kill {number} of deliver"
        return struck

    try:
        seconds = seconds_of(deliver_to, fresh(0), url)
        return until_struck(kills, once)
    finally:
        server.shutdown()
        server.server_close()


def refresh(folder, exports):
    """Starts `python -m scripts.refresh` of a warehouse in `folder`, as a group."""
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.refresh", "--exports-dir", str(exports)],
        cwd=PROJECT,
        env={
            **os.environ,
            "WAREHOUSE_PATH": str(folder / "w.duckdb"),
            "PUBLISH_DIR": str(folder / "published"),
            "DBT_TARGET_PATH": str(exports.parent / "target"),
            "DBT_LOG_PATH": str(exports.parent / "target"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def said(process):
    out, _ = process.communicate()
    assert process.returncode == 0, out[-3000:]
    return out


def state_of(folder):
    """The state of the warehouse and of the publication in a folder."""
    return {
        (file, *table): rows
        for file in ("w.duckdb", "published/marts.duckdb")
        for table, rows in state(folder / file).items()
    }


def kill_refreshes(folder, kills, rng):
    """Kills dbt as it builds, and what comes before and after it; then two at once.

    All in one place: for another path dbt would parse the project again.
    """
    exports, one = tiny_exports(folder / "exports", files=2, lines=40), folder / "one"
    one.mkdir()

    def clear():
        shutil.rmtree(one)
        one.mkdir()

    said(refresh(one, exports))  # the first one parses the project
    clear()
    started = time.monotonic()
    said(refresh(one, exports))
    seconds, expected = time.monotonic() - started, state_of(one)
    steps = []

    def once(number):
        clear()
        process = refresh(one, exports)
        with suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0, seconds))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        said(refresh(one, exports))
        assert not differing(state_of(one), expected), f"kill {number} of refresh"
        with duckdb.connect(str(one / "w.duckdb"), read_only=True) as connection:
            interrupted = connection.execute(
                "select step from operations.refresh_runs where status = 'interrupted'"
            ).fetchall()
        steps.extend(step for (step,) in interrupted)
        return len(interrupted)

    drawn = until_struck(kills, once)
    clear()
    both = [refresh(one, exports), refresh(one, exports)]
    told = "".join(map(said, both))
    assert not differing(state_of(one), expected), "two refreshes at once"
    (waiting,) = (line for line in told.splitlines() if "Waiting" in line)
    return drawn, Counter(steps), waiting


def differing(found, expected):
    differ = [
        table
        for table in found.keys() | expected.keys()
        if found.get(table) != expected.get(table)
    ]
    if differ:
        click.echo(f"These differ: {sorted(differ)}", err=True)
    return differ


def error_of(work, *arguments):
    try:
        work(*arguments)
    except (LandingError, click.ClickException, OSError, duckdb.Error) as error:
        return one_line(error)
    return None


def landed_again(folder, exports, expected):
    land(exports, folder / "w.duckdb")
    assert state(folder / "w.duckdb") == expected


def mounted(folder, broken, work, mended, **environment):
    """Work where the file system of `folder` is broken, and again once it is mended.

    All of it shell, run where a mount is seen by nobody else. What `folder` held after
    the failure and at the end is copied to `folder`_1 and _2. Returns what was told.
    """
    script = f"""
        {broken}
        code=0; {work} > "$TOLD" 2>&1 || code=$?
        test $code = 1
        cp -a "$FOLDER" "$FOLDER"_1
        {mended}
        {work}
        cp -a "$FOLDER" "$FOLDER"_2
    """
    told = folder.parent / "told"
    paths = {"FOLDER": str(folder), "TOLD": str(told), "PATH_OF_PYTHON": sys.executable}
    done = subprocess.run(
        [*UNSHARE, "sh", "-ec", script],
        cwd=PROJECT,
        env={**os.environ, **paths, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    reason = re.compile("No space left|disk is full|Read-only file system")
    return [line for line in told.read_text().splitlines() if reason.search(line)][-1]


UNSHARE = ["unshare", "--user", "--map-root-user", "--mount"]
LAND = '"$PATH_OF_PYTHON" -m scripts.land_exports'
PUBLISH = """"$PATH_OF_PYTHON" -c '
import sys
from benchmarks.faults import error_of, publish
told = error_of(publish, *sys.argv[1:])
sys.exit(told)' """
SMALL_DISK = 'mount -t tmpfs -o size=64m tmpfs "$FOLDER"'
FILL = """cat /dev/zero > "$FOLDER"/filler 2> "$TOLD" ||
    truncate -s -400K "$FOLDER"/filler"""
EMPTY = 'rm "$FOLDER"/filler'
READ_ONLY = 'mount --bind "$FOLDER" "$FOLDER"; mount -o remount,bind,ro "$FOLDER"'
WRITABLE = 'mount -o remount,bind,rw "$FOLDER"'


def can_mount():
    return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


def land_mounted(folder, exports, expected, broken, mended):
    disk = folder / "disk"
    disk.mkdir()
    files = {"EXPORTS_DIR": str(exports), "WAREHOUSE_PATH": str(disk / "w.duckdb")}
    told = mounted(disk, broken, LAND, mended, **files)
    assert state(folder / "disk_2" / "w.duckdb") == expected
    return told


def publish_mounted(folder, broken, mended):
    """The version before is read while nothing can be written."""
    disk, old, new = folder / "disk", folder / "old.duckdb", folder / "new.duckdb"
    disk.mkdir()
    tiny_marts(old, 1)
    tiny_marts(new, 2)
    first, second = (f'{PUBLISH} "{version}" "$FOLDER"' for version in (old, new))
    told = mounted(disk, broken.format(first=first), second, mended)
    assert versions_in(folder / "disk_1" / "marts.duckdb") == {1}
    assert versions_in(folder / "disk_2" / "marts.duckdb") == {2}
    return told


def full_disk_while_landing(folder, exports, expected):
    broken = f"{SMALL_DISK}; {FILL}"
    told = land_mounted(folder, exports, expected, broken, EMPTY)
    # The exports are fine, so none is blamed.
    with duckdb.connect(str(folder / "disk_1" / "w.duckdb"), read_only=True) as left:
        errors = left.execute("select error from raw.landed_files").fetchall()
    assert {error for (error,) in errors} <= {None}, errors
    return told


def full_disk_while_publishing(folder, exports, expected):
    return publish_mounted(folder, f"{SMALL_DISK}; {{first}}; {FILL}", EMPTY)


def read_only_warehouse(folder, exports, expected):
    return land_mounted(folder, exports, expected, READ_ONLY, WRITABLE)


def read_only_publication(folder, exports, expected):
    return publish_mounted(folder, f"{{first}}; {READ_ONLY}", WRITABLE)


def corrupt_warehouse(folder, exports, expected):
    (folder / "w.duckdb").write_bytes(b"no database " * 4096)
    told = error_of(land, exports, folder / "w.duckdb")
    (folder / "w.duckdb").rename(folder / "moved away")
    landed_again(folder, exports, expected)
    return told


def growing_file(folder, exports, expected):
    """Lines are added while it is read; the rest lands with the next run."""
    root = folder / "growing"
    (root / "events").mkdir(parents=True)
    file = root / "events" / "a.jsonl"
    file.write_text("".join(LINE % (1, i) for i in range(200_000)))
    child, _ = begun(land, root, folder / "g.duckdb")
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
    "disk full while landing": full_disk_while_landing,
    "disk full while publishing": full_disk_while_publishing,
    "folder of the warehouse is read-only": read_only_warehouse,
    "folder of the publication is read-only": read_only_publication,
    "warehouse file is corrupt": corrupt_warehouse,
    "export grows while it is read": growing_file,
    "clock moved back": clock_moved_back,
    "warehouse held by another process": two_at_once,
}
NEED_A_MOUNT = list(FAULTS)[:4]
KILLS = {"land": kill_landing, "publish": kill_publishing, "deliver": kill_delivering}


def works_here(fault):
    """Whether this machine lets us mount, for a fault that needs it."""
    return fault not in NEED_A_MOUNT or can_mount()


def run_fault(name, folder):
    """Injects one fault in `folder`; returns what the user was told."""
    with redirect_stdout(io.StringIO()):
        exports = tiny_exports(folder / "exports")
        land(exports, folder / "undisturbed.duckdb")
        (folder / "faulty").mkdir()
        expected = state(folder / "undisturbed.duckdb")
        return FAULTS[name](folder / "faulty", exports, expected)


@click.command()
@click.option(
    "--kills", default=70, show_default=True, help="Of each of land, publish, deliver."
)
@click.option("--refreshes", default=6, show_default=True, help="Kills of refreshes.")
@click.option("--seed", default=5, show_default=True)
def main(kills, refreshes, seed):
    """Kill and break, check what comes after, print the table.

    Kills are counted that struck the process at its work, before its end.
    """
    rng = random.Random(seed)
    lines = [
        "| fault | times | what you are told | after the next run |",
        "|---|---|---|---|",
    ]

    def tell(*cells):
        lines.append(f"| {' | '.join(map(str, cells))} | as undisturbed |")
        click.echo(lines[-1], err=True)

    with tempfile.TemporaryDirectory() as name:
        if refreshes:
            folder = Path(name, "refresh")
            folder.mkdir()
            drawn, steps, waiting = kill_refreshes(folder, refreshes, rng)
            during = ", ".join(f"{count} in {step}" for step, count in steps.items())
            times = f"{refreshes} (of {drawn} drawn): {during}"
            tell("`kill -9` of a refresh", times, "-")
            tell(
                "two refreshes at once", 1, waiting.replace(str(folder / "one"), "...")
            )
        for step, kill in KILLS.items() if kills else ():
            folder = Path(name, step)
            folder.mkdir()
            drawn = kill(folder, kills, rng)
            tell(f"`kill -9` of {step}", f"{kills} (of {drawn} drawn)", "-")
        for fault in FAULTS:
            folder = Path(name, fault.replace(" ", "_"))
            told = run_fault(fault, folder) if works_here(fault) else "not tried here"
            tell(
                fault, 1, told.replace(str(folder / "faulty"), "...").replace("|", "/")
            )
    click.echo("\n".join(lines))


if __name__ == "__main__":
    main()
