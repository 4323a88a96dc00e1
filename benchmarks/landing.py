"""What landing costs beside DuckDB alone: `python -m benchmarks.landing`.

Clean exports are read in turn by a bare `create table as select * from read_json` with
the same column types, and by scripts/land_exports.py, which besides hashes, checks and
numbers every line. Each run is a process of its own that ends with the file closed.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import duckdb

from scripts import raw_tables
from scripts.raw_warehouse import ROW_GROUP_SIZE

CONVERSATIONS_PER_MB = 190
DUCKDB_ROW_GROUP_SIZE = 122_880
RATIO_TARGET, MEMORY_TARGET_MB = 1.3, 2048


def bare(exports_dir, warehouse, row_group_size):
    """Load the exports with read_json alone."""
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{warehouse}' as bare (row_group_size {row_group_size})"
        )
        connection.execute("use bare")
        for feed, declared in raw_tables.FEEDS.items():
            types = {name: raw_tables.duckdb_type(t) for name, t in declared.items()}
            connection.execute(
                f"create table {feed} as select * from read_json(?, columns = {types},"
                " format = 'newline_delimited')",
                [f"{exports_dir}/{feed}/**/*.jsonl*"],
            )
        connection.execute("checkpoint bare")


def ours(exports_dir, warehouse):
    from scripts.land_exports import land  # what it imports is part of its time

    land(exports_dir, warehouse)


WAYS = {
    "bare": lambda *paths: bare(*paths, ROW_GROUP_SIZE),
    "bare, DuckDB's row groups": lambda *paths: bare(*paths, DUCKDB_ROW_GROUP_SIZE),
    "land_exports": ours,
}


def measure(way, exports_dir, folder):
    """(wall seconds, CPU seconds, peak MB, file MB) of one way in a new process."""
    warehouse = Path(folder) / "benchmark.duckdb"
    warehouse.unlink(missing_ok=True)
    paths = [str(exports_dir), str(warehouse)]
    code = f"from benchmarks.landing import WAYS; WAYS[{way!r}](*{paths})"
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise click.ClickException(f"{way} failed")
    cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    return wall, cpu, peak, warehouse.stat().st_size / 1e6


@click.command()
@click.option("--megabytes", default=500, show_default=True, help="Size of the input.")
@click.option("--repeats", default=5, show_default=True)
@click.option("--exports-dir", help="Exports of your own instead of generated ones.")
def main(megabytes, repeats, exports_dir):
    """Measure landing against DuckDB's bare read_json, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        if not exports_dir:
            exports_dir = Path(folder) / "exports"
            command = [sys.executable, "-m", "scripts.generate_exports", "--clean"]
            command += ["--no-compress", "--days", "90", "--out", str(exports_dir)]
            command += ["--conversations", str(megabytes * CONVERSATIONS_PER_MB)]
            subprocess.run(command, check=True)
        files = [p for p in Path(exports_dir).glob("*/**/*") if p.is_file()]
        size = sum(path.stat().st_size for path in files) / 1e6
        click.echo(f"{len(files)} files, {size:,.0f} MB, {repeats} runs of each way")
        runs = {way: [] for way in WAYS}
        for _ in range(repeats):
            for way in WAYS:
                runs[way].append(measure(way, exports_dir, folder))
    click.echo(f"{'median of':26} wall s  cpu s  peak MB  file MB  ratio to bare")
    for way, measured in runs.items():
        wall, cpu, _, file = map(statistics.median, zip(*measured, strict=True))
        peak = max(run[2] for run in measured)
        ratio = _ratio(measured, runs["bare"])
        click.echo(
            f"{way:26} {wall:6.1f} {cpu:6.1f} {peak:8.0f} {file:8.0f} {ratio:14.2f}"
        )
    ratio = _ratio(runs["land_exports"], runs["bare"])
    held = "holds" if ratio <= RATIO_TARGET and peak <= MEMORY_TARGET_MB else "missed"
    click.echo(f"Target (ratio {RATIO_TARGET}, {MEMORY_TARGET_MB} MB): {held}")


def _ratio(measured, reference):
    pairs = zip(measured, reference, strict=True)
    return statistics.median(one[0] / other[0] for one, other in pairs)


if __name__ == "__main__":
    main()
