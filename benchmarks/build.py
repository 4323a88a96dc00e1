"""What a build costs as the history grows: `python -m benchmarks.build`.

For each size: the exports are landed, every model is built (data tests left out), and
one more day is landed and built on top. Times stand beside a bare read_json of the same
files in the same run. `--days` is the length of the history: what a day costs on top
should not depend on it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import click

from benchmarks.landing import measure

PROJECT = Path(__file__).resolve().parent.parent
LAST_DAY = date(2025, 12, 31)


def generate(folder, conversations, days, last_day, seed):
    command = [sys.executable, "-m", "scripts.generate_exports", "--clean"]
    command += ["--no-compress", "--out", str(folder), "--seed", str(seed)]
    command += ["--conversations", str(conversations), "--days", str(days)]
    command += ["--end", last_day.isoformat()]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def run_dbt(warehouse, folder):
    """(wall seconds, CPU seconds, peak MB) of `dbt run` after its seeds."""
    command = [str(Path(sys.executable).with_name("dbt")), "-q", "build"]
    command += [
        "--exclude-resource-type",
        "test",
        "--exclude-resource-type",
        "unit_test",
    ]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder)]
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, "WAREHOUSE_PATH": str(warehouse)},
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise click.ClickException("dbt build failed, see above")
    cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    return time.perf_counter() - start, cpu, peak


@click.command()
@click.option("--conversations", multiple=True, type=int, default=(10_000, 50_000))
@click.option("--days", multiple=True, type=int, default=(30, 365))
def main(conversations, days):
    """Measure whole builds and a day's increment on top of them."""
    click.echo(
        "conversations  days    MB  bare cpu s  build cpu s  ratio  peak MB  "
        "day on top cpu s"
    )
    for count in conversations:
        for length in days:
            with tempfile.TemporaryDirectory() as name:
                click.echo(row(Path(name), count, length))


def row(folder, count, days):
    exports, warehouse = folder / "exports", folder / "warehouse.duckdb"
    generate(exports, count, days, LAST_DAY, 1)
    files = [path for path in exports.glob("*/**/*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    bare = measure("bare", exports, folder)
    landed = measure("land_exports", exports, folder)
    (folder / "benchmark.duckdb").rename(warehouse)
    _, cpu, peak = run_dbt(warehouse, folder)
    # The same number of conversations a day, whatever the history.
    shutil.rmtree(exports)
    generate(exports, 300, 1, LAST_DAY + timedelta(days=1), 2)
    add(warehouse, exports)
    _, day_cpu, _ = run_dbt(warehouse, folder)
    ratio = (landed[1] + cpu) / bare[1]
    return (
        f"{count:13,} {days:5} {size:5,.0f} {bare[1]:11.1f} {landed[1] + cpu:12.1f}"
        f" {ratio:6.1f} {peak:8.0f} {day_cpu:17.1f}"
    )


def add(warehouse, exports):
    command = [sys.executable, "-m", "scripts.land_exports"]
    command += ["--exports-dir", str(exports), "--warehouse", str(warehouse)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
