"""What a day on top of a history costs: `python -m benchmarks.increment`.

Two histories with as many conversations a day, of 30 and of 365 days; further days land
on each and are built (data tests left out), in turns: the same conversations, their ids
spread over those of the history. Printed are medians of all but the first: of the whole
build, and of what it takes beyond dbt's start, which ends where the first seed begins.
"""

import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import click

from benchmarks.build import LAST_DAY, generate, run_dbt

RATIO_TARGET = 1.2


def day_on_top(exports, number, conversations, days):
    """A day of conversations whose ids are new and spread over those of the history."""
    date = LAST_DAY + timedelta(days=number)
    generate(exports, conversations, 1, date, 1 + number)

    def new(match):
        return b"c%08dn%d" % (int(match[1]) * days, number)

    for path in exports.rglob("*.jsonl"):
        path.write_bytes(re.sub(rb"\bc(\d{8})\b", new, path.read_bytes()))


def add(warehouse, exports):
    command = [sys.executable, "-m", "scripts.land_exports"]
    command += ["--exports-dir", str(exports), "--warehouse", str(warehouse)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def build(warehouse, folder):
    """(wall, CPU, wall beyond dbt's start) seconds of one build."""
    begun = datetime.now().astimezone()
    wall, cpu, _, _ = run_dbt(warehouse, folder)
    results = json.loads((folder / "target/run_results.json").read_text())["results"]
    started = min(t["started_at"] for result in results for t in result["timing"])
    return wall, cpu, wall - (datetime.fromisoformat(started) - begun).total_seconds()


@click.command()
@click.option("--conversations", default=300, show_default=True, help="A day.")
@click.option(
    "--histories", default=(30, 365), nargs=2, show_default=True, help="Days."
)
@click.option("--further", default=5, show_default=True, help="Days on top.")
def main(conversations, histories, further):
    """Measure days on top of a short and of a long history."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for days in histories:
            exports = folder / "history"
            generate(exports, conversations * days, days, LAST_DAY, 1)
            add(folder / f"after_{days}.duckdb", exports)
            shutil.rmtree(exports)
            build(folder / f"after_{days}.duckdb", folder / str(days))
        measured = {days: [] for days in histories}
        for number in range(1, further + 1):
            for days in histories:
                exports = folder / f"{days}_{number}"
                day_on_top(exports, number, conversations, days)
                add(folder / f"after_{days}.duckdb", exports)
                seconds = build(folder / f"after_{days}.duckdb", folder / str(days))
                measured[days].append(seconds)
                click.echo(f"day {number} after {days:3}: {list(map(round, seconds))}")
    columns = [[*zip(*measured[days][1:], strict=True)] for days in histories]
    click.echo(f"{'median of':26} " + " ".join(f"{days:4} days" for days in histories))
    for title, *of_both in zip(
        ("wall s", "cpu s", "wall s beyond dbt's start"), *columns, strict=True
    ):
        short, long = map(statistics.median, of_both)
        click.echo(f"{title:26} {short:9.1f} {long:9.1f}  ratio {long / short:.2f}")
    held = "holds" if long / short <= RATIO_TARGET else "missed"
    click.echo(f"Target (ratio {RATIO_TARGET} beyond dbt's start): {held}")


if __name__ == "__main__":
    main()
