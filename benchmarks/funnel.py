"""Events a second of the in-order funnel, beside a bare aggregate of the same table.

`python -m benchmarks.funnel` makes events of leads that get ever fewer and come back
now and then, and runs the SQL of the models as dbt compiles it, in turns with the
aggregate, in memory, on two threads. Once with first events in order, as nearly all
conversations have them, and once with a reply before every start, so that the model has
to walk through every conversation.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import duckdb

PROJECT = Path(__file__).resolve().parents[1]
MODELS = [
    "int_funnel_steps",
    "int_stage_events_placed",
    "int_stages_reached_first",
    "int_stages_reached_in_order",
]
EVENTS_PER_CONVERSATION = 12
TARGET = 1_500_000

# A start, ten inbound messages at most, then one event a stage with falling odds; one
# conversation in ten starts again.
EVENTS = """
create table staging.stg_sales_bot__event_roles as
select
    md5(concat(conversation, '/', position)) as event_key,
    concat('conversation-', hash(conversation)) as conversation_id,
    event_type,
    'stage' as role,
    stage,
    false as is_time_implausible,
    timestamp '2026-01-01' + to_seconds(
        conversation * 7 + position * 3000 + hash(conversation, position) % 3000
    ) as occurred_at,
    1 as _file_id
from (
    select
        i // {per_conversation} as conversation,
        i % {per_conversation} as position,
        case
            when position = {start} then 'started'
            when position = 6 and conversation % 10 = 0 then 'started'
            when position < 8 or conversation % 3 > 0 then 'responded'
            when position = 8 then 'qualified'
            when position = 9 then 'booked'
            when position = 10 then 'attended'
            else 'converted'
        end as stage
    from range({events}) as t (i)
)
inner join (
    select stage, min(event_type) as event_type from seeds.event_meanings group by stage
) using (stage)
order by occurred_at
"""
BARE = """
select conversation_id, stage, min(occurred_at), count(*)
from staging.stg_sales_bot__event_roles group by conversation_id, stage
"""


def compiled(folder):
    """{model: its SQL on a full build}."""
    command = [str(Path(sys.executable).with_name("dbt")), "-q", "compile"]
    command += ["--full-refresh", "--select", *MODELS]
    command += ["--target-path", folder, "--log-path", folder]
    environment = {**os.environ, "WAREHOUSE_PATH": f"{folder}/w.duckdb"}
    subprocess.run(
        command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    nodes = json.loads((Path(folder) / "manifest.json").read_text())["nodes"]
    return {
        name: nodes[f"model.conversation_warehouse.{name}"]["compiled_code"]
        for name in MODELS
    }


def prepared(connection, sql, events, start):
    """The query of the last model over made-up events, its views in place.

    `start` is the place of the first start in a conversation, after so many replies.
    """
    connection.execute("set threads = 2; set preserve_insertion_order = false")
    connection.execute("attach ':memory:' as w; use w")
    for schema in ("seeds", "staging", "intermediate"):
        connection.execute(f"create schema {schema}")
    for seed in ("events/event_meanings", "funnel/funnel_stages"):
        connection.execute(
            f"create table seeds.{Path(seed).name} as "
            f"from read_csv('{PROJECT}/seeds/{seed}.csv')"
        )
    connection.execute(
        EVENTS.format(
            events=events, per_conversation=EVENTS_PER_CONVERSATION, start=start
        )
    )
    *views, model = MODELS
    for view in views:
        connection.execute(f"create view intermediate.{view} as {sql[view]}")
    return sql[model]


def seconds(connection, query):
    started = time.perf_counter()
    connection.execute(f"create or replace temp table result as {query}")
    return time.perf_counter() - started


@click.command()
@click.option("--events", default=5_000_000, show_default=True)
@click.option("--repeats", default=3, show_default=True)
def main(events, repeats):
    """Measure the in-order pass against a bare aggregate, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        sql = compiled(folder)
    click.echo(f"{events:,} events, median of {repeats} runs, two threads")
    for name, start in (("in order", 0), ("all walked", 1)):
        with duckdb.connect() as connection:
            query = prepared(connection, sql, events, start)
            runs = [
                (seconds(connection, query), seconds(connection, BARE))
                for _ in range(repeats)
            ]
        funnel, bare = map(statistics.median, zip(*runs, strict=True))
        ratio = statistics.median(ours / theirs for ours, theirs in runs)
        click.echo(
            f"{name:10} {funnel:6.2f} s  {events / funnel:12,.0f} events/s"
            f"  bare {bare:6.2f} s  ratio {ratio:5.1f}"
        )
    click.echo(f"Target: {TARGET:,} events/s")


if __name__ == "__main__":
    main()
