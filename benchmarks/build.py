"""What a build costs as the history grows: `python -m benchmarks.build`.

For each size: the exports are landed and every model is built (data tests left out).
Times stand beside a bare read_json of the same files in the same run. 1,000,000
conversations need 20 GB of disk. What a day costs on top: benchmarks/increment.py.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import click

from benchmarks.landing import measure
from scripts.raw_warehouse import spill_folder

PROJECT = Path(__file__).resolve().parent.parent
LAST_DAY = date(2025, 12, 31)


def generate(folder, conversations, days, last_day, seed):
    command = [sys.executable, "-m", "scripts.generate_exports", "--clean"]
    command += ["--no-compress", "--out", str(folder), "--seed", str(seed)]
    command += ["--conversations", str(conversations), "--days", str(days)]
    command += ["--end", last_day.isoformat()]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def run_dbt(warehouse, folder):
    """(wall seconds, CPU seconds, peak MB, most MB spilled to disk) of a dbt build."""
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
    spilled = 0
    while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
        spilled = max(spilled, megabytes(spill_folder(warehouse)))
        time.sleep(0.2)
    _, status, usage = ended
    if status:
        raise click.ClickException("dbt build failed, see above")
    cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    return time.perf_counter() - start, cpu, peak, spilled


def megabytes(folder):
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # it is deleted as we look
                total += Path(parent, name).stat().st_blocks * 512
    return total / 1e6


@click.command()
@click.option("--conversations", multiple=True, type=int, default=(10_000, 50_000))
@click.option("--days", type=int, default=365, show_default=True)
def main(conversations, days):
    """Measure whole builds."""
    click.echo(
        "conversations  days      MB  bare s  all s  ratio  bare cpu s  all cpu s"
        "  ratio  peak MB  spill MB"
    )
    for count in conversations:
        with tempfile.TemporaryDirectory() as name:
            click.echo(row(Path(name), count, days))


def row(folder, count, days):
    exports, warehouse = folder / "exports", folder / "warehouse.duckdb"
    generate(exports, count, days, LAST_DAY, 1)
    size = megabytes(exports)
    bare = measure("bare", exports, folder)
    landed = measure("land_exports", exports, folder)
    (folder / "benchmark.duckdb").rename(warehouse)
    wall, cpu, peak, spilled = run_dbt(warehouse, folder)
    wall, cpu = wall + landed[0], cpu + landed[1]
    return (
        f"{count:13,} {days:5} {size:7,.0f} {bare[0]:7.1f} {wall:6.1f}"
        f" {wall / bare[0]:6.1f} {bare[1]:11.1f} {cpu:10.1f} {cpu / bare[1]:6.1f}"
        f" {max(peak, landed[2]):8.0f} {spilled:9.0f}"
    )


if __name__ == "__main__":
    main()
