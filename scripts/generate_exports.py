"""Write made-up exports, with the truth about them, for tests, benchmarks, examples.

Three kinds of conversation share one id space: sales (events), support (events and
support metrics), assist (insights; a third of them in the two other feeds too). What
is planted are the constants at the top of the modules of `scripts.synthetic`. Beside
the feeds stands `truths.json`: what was asked for, what was planted, and what came
out, counted while writing; exports/README.md explains its keys.

Every line of a conversation is in the file of the period it started in, late events
included; a conversation exported again is in the `-updated` file beside it. No event
or metric point after `--end` is written. Each day draws from its own random stream, and
only through `random()`: the same arguments give the same lines on every Python, with
any number of jobs. Memory holds one conversation, whatever the number of them.
"""

import calendar
import gzip
import json
import multiprocessing
import os
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import click

from scripts.raw_tables import FEEDS
from scripts.synthetic import assist, sales, support, talk
from scripts.synthetic.talk import DAY, Dice, Run, Talk

# Planted.
KINDS = (("sales", 0.50), ("support", 0.30), ("assist", 0.20))
INCIDENT_DAYS_BEFORE_END = 17
WEEKDAYS = (20, 22, 22, 21, 19, 9, 8)
HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 11, 14, 15, 14, 12, 14, 15, 14, 12, 9, 7, 6, 4, 3, 1)

MOMENTS = [  # (second of the day, length), so that busy hours have many short ones
    (hour * 3600 + n * 3600 // weight, 3600 // weight)
    for hour, weight in enumerate(HOURS)
    for n in range(weight)
]
WRITERS = {
    "sales": sales.write_sales,
    "support": support.write_support,
    "assist": assist.write_assist,
}
DATE = click.DateTime(["%Y-%m-%d"])


@dataclass(frozen=True)
class Options:
    """What decides the bytes of an export."""

    conversations: int = 600
    days: int = 60
    seed: int = 1
    end: date = date(2026, 10, 31)
    length: float = 1.0
    clean: bool = False
    compress: bool = True

    @property
    def horizon(self):
        return calendar.timegm(self.end.timetuple()) + DAY

    @property
    def incident(self):
        return self.end - timedelta(days=INCIDENT_DAYS_BEFORE_END)

    @property
    def days_per_file(self):
        """A day a file, or more days where a file would hold under 100."""
        return max(1, min(self.days, -(-100 * self.days // self.conversations)))


class Sink:
    """One file of a feed, made when the first line comes."""

    def __init__(self, out, path, compress, stack):
        self.path = f"{path}.jsonl.gz" if compress else f"{path}.jsonl"
        self.target, self.compress, self.stack = out / self.path, compress, stack
        self.file, self.lines = None, 0

    def write(self, lines):
        if not lines:
            return
        if self.file is None:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self.file = self.stack.enter_context(self.target.open("wb"))
            if self.compress:
                packed = gzip.GzipFile("", "wb", 6, self.file, mtime=0)
                self.file = self.stack.enter_context(packed)
        self.lines += len(lines)
        self.file.write(b"\n".join(lines) + b"\n")


def plan_days(options):
    """(first day, [conversations of each day]) for every file, first numbers too."""
    first = options.end - timedelta(days=options.days - 1)
    dice = Dice(f"{options.seed}/volume")
    weights = []
    for day in range(options.days):
        weekday = (first + timedelta(days=day)).weekday()
        weights.append(WEEKDAYS[weekday] * dice.whole(90, 110))
    total, so_far, number, days = sum(weights), 0, 0, []
    for day, weight in enumerate(weights):
        so_far += weight
        upto = options.conversations * so_far // total
        days.append((first + timedelta(days=day), number, upto - number))
        number = upto
    step = options.days_per_file
    return [days[at : at + step] for at in range(0, len(days), step)]


def write_period(options, out, days):
    """Write the files of a few days: what was counted, and the lines of each file."""
    counts = Counter()
    name = days[0][0].isoformat()
    with ExitStack() as stack:
        paths = {feed: f"{feed}/{name}" for feed in FEEDS}
        paths["conversations-updated"] = f"conversations/{name}-updated"
        sinks = {
            key: Sink(out, path, options.compress, stack) for key, path in paths.items()
        }
        for day, number, conversations in days:
            dice = Dice(f"{options.seed}/{day}")
            weather = "incident" if day == options.incident else "normal"
            run = Run(options, sinks, counts, dice, weather)
            for nth in range(conversations):
                write_conversation(run, day, number + nth, (nth, conversations))
    return counts, {sink.path: sink.lines for sink in sinks.values() if sink.file}


def write_conversation(run, day, number, place):
    """The nth of a day's conversations, at its place in the day."""
    nth, conversations = place
    kind = run.dice.share(KINDS) or KINDS[-1][0]
    spot = (nth + run.dice.roll()) / conversations * len(MOMENTS)
    second, length = MOMENTS[int(spot)]
    at = calendar.timegm(day.timetuple()) + second + int(spot % 1 * length)
    conversation = Talk(run, number, at)
    WRITERS[kind](conversation)
    conversation.close(kind)
    run.counts[f"conversations/{kind}"] += 1
    run.counts["conversations/all"] += 1


def generate(options, out, jobs=1):
    """Write the feeds and truths.json under `out`; return what truths.json holds."""
    remove_earlier(out)
    periods, counts, files = plan_days(options), Counter(), {}
    work = partial(write_period, options, out)
    with ExitStack() as stack:
        results = map(work, periods)
        if jobs > 1 and len(periods) > 1:
            pool = stack.enter_context(multiprocessing.Pool(min(jobs, len(periods))))
            results = pool.imap(work, periods)
        for period_counts, period_files in results:
            counts.update(period_counts)
            files.update(period_files)
    truths = {
        "parameters": {**asdict(options), "end": options.end.isoformat()},
        "planted": planted(options),
        "realised": nest(counts),
        "files": dict(sorted(files.items())),
    }
    text = json.dumps(truths, indent=1, ensure_ascii=False, sort_keys=True)
    (out / "truths.json").write_text(text + "\n", encoding="utf-8")
    return truths


def remove_earlier(out):
    """Take away what an earlier run wrote, and nothing else."""
    truths = out / "truths.json"
    if truths.exists():
        for path in json.loads(truths.read_text(encoding="utf-8"))["files"]:
            (out / path).unlink(missing_ok=True)
        truths.unlink()
    for feed in FEEDS:
        if any((out / feed).glob("*")):
            raise click.ClickException(f"{out / feed} has files this did not write")
    out.mkdir(parents=True, exist_ok=True)


def planted(options):
    """Every planted number under the name truths.json gives it."""
    later = zip(sales.STAGES[3:], sales.LATER_RATES, strict=True)
    booked, not_booked = (sales.DIVERGENCE[end] for end in ("booked", "not_booked"))
    odds_ratio = booked / (1 - booked) / (not_booked / (1 - not_booked))
    return {
        "kinds": dict(KINDS),
        "assist_shared": assist.SHARED,
        "responded_given_started": sales.RESPONDED,
        "qualified_given_responded": sales.QUALIFIED,
        "qualified_lift": sales.QUALIFIED_LIFT,
        "stage_given_previous": dict(later),
        "divergence": {**sales.DIVERGENCE, "odds_ratio": round(odds_ratio, 2)},
        "mature_days": sales.MATURE_DAYS,
        "no_effect_experiment": "greeting_aa",
        "incident_date": options.incident.isoformat(),
        "incident_sentiment": talk.INCIDENT_SENTIMENT,
        "per_bot_reply": talk.REPLY_RATES,
        "intent_correct": talk.INTENT_CORRECT,
        "response_appropriate": talk.APPROPRIATE,
        "support_escalated": support.SUPPORT_ESCALATED,
        "support_resolved": support.SUPPORT_RESOLVED,
        "suggested": assist.SUGGESTED,
        "reply_used": dict(assist.REPLY_USED),
        "summaries": dict(assist.SUMMARIES),
        "summary_feedback": dict(assist.FEEDBACK),
    }


def nest(counts):
    """{"a/b": 1} as {"a": {"b": 1}}."""
    tree = {}
    for path, count in counts.items():
        *folders, name = path.split("/")
        node = tree
        for folder in folders:
            node = node.setdefault(folder, {})
        node[name] = count
    return tree


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--conversations", default=600, type=click.IntRange(1), show_default=True)
@click.option("--days", default=60, type=click.IntRange(1), show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--end", default="2026-10-31", show_default=True, type=DATE, help="The last day."
)
@click.option("--length", default=1.0, show_default=True, help="Multiplies the turns.")
@click.option("--clean", is_flag=True, help="No dirt, unknown types or unknown fields.")
@click.option("--compress/--no-compress", default=True, show_default=True)
@click.option("--jobs", default=os.cpu_count, type=int, help="Processes; all cores.")
def main(out, end, jobs, **arguments):
    """Write made-up exports and the truth about them under OUT.

    \b
    The committed sample:
      python -m scripts.generate_exports --out exports
    A clean input for a benchmark, a million conversations:
      python -m scripts.generate_exports --out /tmp/big --conversations 1000000 \\
        --days 365 --clean --no-compress
    Longer conversations, another ending:
      python -m scripts.generate_exports --out /tmp/x --length 2 --end 2026-06-30
    """
    began = time.monotonic()
    options = Options(end=end.date(), **arguments)
    truths = generate(options, out, jobs)
    seconds = time.monotonic() - began
    messages = sum(truths["realised"].get("messages", {}).values())
    rate = options.conversations / seconds
    click.echo(
        f"{options.conversations:,} conversations, {messages:,} messages, "
        f"{len(truths['files'])} files in {seconds:.1f} s ({rate:,.0f} a second)"
    )


if __name__ == "__main__":
    main()
