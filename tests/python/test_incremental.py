"""An incremental build gives what a full one gives, however the files arrive."""

import gzip
import json
import random
import re
import shutil

import duckdb
import pytest

from scripts.land_exports import land
from tests.python.conftest import (
    LOAD_COLUMNS,
    MODELS_ONLY,
    PROJECT,
    assert_same,
    contents,
)

SAMPLE = PROJECT / "exports"
FEEDS = ("events", "conversations", "support_metrics")


def sample(feed):
    """(conversation id, line) of the sample exports of a feed."""
    for file in sorted((SAMPLE / feed).glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                name = record.get("conversation_id") or record["conversationName"]
                yield name.rpartition("/")[2], line


def sample_lines(feed, rng, conversations):
    """Lines of the sample exports of some conversations, out of order."""
    lines = [line for name, line in sample(feed) if name in conversations]
    rng.shuffle(lines)
    return lines


# Ids stand in the SQL of a day on top, where they are not too long for it.
ODD_IDS = [
    "it's",
    "{{ x }}",
    "a\\b",
    "'; drop table x; --",
    "%s",
    "\u65e5",
    "nul\0",
    "2",
]


def with_odd_ids(lines, conversations, ids):
    """The lines, some of their conversations under other ids."""
    names = dict(zip(sorted(conversations), map(json.dumps, ids), strict=False))
    pattern = re.compile("|".join(names))
    return [pattern.sub(lambda m: names[m[0]][1:-1], line) for line in lines]


def some_conversations(rng, count):
    """Ids, with them all conversations of some customers who came back."""
    names = {name for feed in FEEDS for name, _ in sample(feed)}
    customers = {}
    for name, line in sample("events"):
        if customer := json.loads(line).get("customer_id"):
            customers.setdefault(customer, set()).add(name)
    returning = sorted(
        c for c, of_customer in customers.items() if len(of_customer) > 2
    )
    together = set().union(*(customers[c] for c in rng.sample(returning, 4)))
    return set(rng.sample(sorted(names), count - len(together))) | together


def arrivals(rng, rounds, conversations, ids):
    """Files by round: every line once, some again in a later round, in random cuts."""
    files = [[] for _ in range(rounds)]
    for feed in FEEDS:
        lines = sample_lines(feed, rng, conversations)
        lines = with_odd_ids(lines, conversations, ids)
        cuts = sorted(rng.sample(range(len(lines) + 1), 2 * rounds - 1))
        parts = [
            lines[a:b] for a, b in zip([0, *cuts], [*cuts, len(lines)], strict=True)
        ]
        for number, part in enumerate(parts):
            repeated = rng.sample(lines, len(lines) // 10)
            files[rng.randrange(rounds)].append((feed, number, part + repeated))
    return files


def write(root, files, order):
    for feed, number, lines in files:
        folder = root / feed / f"{order:02}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.jsonl").write_text("".join(lines), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_incremental_equals_full_refresh_in_any_arrival(dbt, tmp_path, seed):
    rng = random.Random(seed)
    ids = ODD_IDS + ["long" * 15_000] * (seed == 2)
    rounds = arrivals(rng, 3, some_conversations(rng, 40), ids)
    # Versions of a conversation with equal update times are told apart by load order
    # alone; the sample has none.
    grown = tmp_path / "grown.duckdb"
    for order, files in enumerate(rounds):
        write(tmp_path / "grown", files, order)
        land(tmp_path / "grown", grown)
        dbt(grown, "build", *MODELS_ONLY)
    incremental = contents(grown)

    rebuilt = tmp_path / "rebuilt.duckdb"
    shutil.copy(grown, rebuilt)
    dbt(rebuilt, "run", "--full-refresh")
    assert_same(incremental, contents(rebuilt))

    at_once = tmp_path / "at_once.duckdb"
    reverse = [[], [], []]
    for files in rounds:
        for feed, number, lines in files:
            reverse[rng.randrange(3)].append((feed, number, lines[::-1]))
    for order, files in enumerate(reverse):
        for index, (feed, _, lines) in enumerate(files):
            write(tmp_path / "at_once", [(feed, index, lines)], order)
    land(tmp_path / "at_once", at_once)
    dbt(at_once, "build", *MODELS_ONLY)
    assert_same(
        contents(grown, without=LOAD_COLUMNS), contents(at_once, without=LOAD_COLUMNS)
    )


@pytest.mark.slow
def test_nothing_new_changes_nothing(dbt, sample_warehouse, tmp_path):
    warehouse = shutil.copy(sample_warehouse, tmp_path / "w.duckdb")
    before = contents(warehouse, ("raw", "staging", "intermediate", "marts"))
    with duckdb.connect(str(warehouse)) as connection:
        # A trace in rows that nothing may touch.
        connection.execute("update marts.conversations set channel = 'kept'")
    land(SAMPLE, warehouse)
    dbt(warehouse, "build", *MODELS_ONLY)
    with duckdb.connect(str(warehouse)) as connection:
        sql = "select distinct channel from marts.conversations"
        assert connection.execute(sql).fetchall() == [("kept",)]
    dbt(warehouse, "run", "--full-refresh")
    assert_same(
        before, contents(warehouse, ("raw", "staging", "intermediate", "marts"))
    )


def test_only_touched_conversations_are_built_again(dbt, sample_warehouse, tmp_path):
    """Rows of other conversations keep a trace that a build would wipe."""
    exports = shutil.copytree(SAMPLE, tmp_path / "exports")
    warehouse = shutil.copy(sample_warehouse, tmp_path / "w.duckdb")
    tables = [
        "marts.conversations",
        "marts.messages",
        "staging.stg_insights__sentences",
    ]
    traced = {table: "language" for table in tables} | {"marts.messages": "content"}
    with duckdb.connect(str(warehouse)) as connection:
        for table, column in traced.items():
            connection.execute(f"update {table} set {column} = 'kept'")
        (touched,) = connection.execute(
            "select conversation_id from marts.conversations where in_insights "
            "and in_events and in_support_metrics and message_count > 3 order by 1"
        ).fetchall()[0]
    event = {
        "event_type": "message_sent",
        "conversation_id": touched,
        "timestamp": "2026-10-01T00:00:00Z",
        "properties": {"sender": "bot", "content": "late"},
    }
    (exports / "events" / "late.jsonl").write_text(json.dumps(event))
    (exports / "conversations" / "late.jsonl").write_text(export(touched, 2**40, "ab"))
    land(exports, warehouse)
    dbt(warehouse, "build", *MODELS_ONLY)
    with duckdb.connect(str(warehouse)) as connection:
        for table, column in traced.items():
            rebuilt = connection.execute(
                f"select distinct conversation_id from {table} "
                f"where {column} is distinct from 'kept'"
            ).fetchall()
            assert rebuilt == [(touched,)], table


@pytest.mark.slow
def test_a_partial_build_leaves_nothing_behind(dbt, tmp_path):
    """A mart that ran without its parents is put right by the next whole build."""
    exports, warehouse = tmp_path / "exports", tmp_path / "w.duckdb"
    (exports / "events").mkdir(parents=True)
    (exports / "conversations").mkdir()
    event = '{"event_type":"message_sent","conversation_id":"%s"}'
    for number, names in enumerate(["ab", "abc", "abcd"]):
        file = f"{number}.jsonl"
        (exports / "events" / file).write_text("\n".join(event % n for n in names))
        lines = [export(name + "x", number, "xyz"[: number + 1]) for name in names]
        (exports / "conversations" / file).write_text("\n".join(lines))
        land(exports, warehouse)
        if number == 1:
            ahead = [
                "base_sales_bot__events",
                "int_conversations_timed",
                "conversations",
            ]
            dbt(warehouse, "run", "--select", *ahead)
        else:
            dbt(warehouse, "build", *MODELS_ONLY)
    incremental = contents(warehouse)
    dbt(warehouse, "run", "--full-refresh")
    assert_same(incremental, contents(warehouse))


def test_a_warehouse_without_exports_builds_empty_marts(dbt, tmp_path):
    warehouse = tmp_path / "empty.duckdb"
    dbt(warehouse, "build")
    marts = contents(warehouse, ("marts",))
    assert {"marts.conversations", "marts.messages", "marts.suggestions"} <= set(marts)
    assert marts["marts.conversations"] == marts["marts.summary_edits"] == []


def export(name, updated, sentences):
    return json.dumps(
        {
            "conversationName": f"projects/p/locations/l/conversations/{name}",
            "conversationUpdateTimestampUtc": str(updated),
            "sentences": [
                {
                    "sentence": text,
                    "participantRole": "END_USER",
                    "createTimeNanos": str(1_760_000_000_000_000_000 + i),
                    "annotations": [{"type": "FAQ", "clicked": True}],
                }
                for i, text in enumerate(sentences)
            ],
        }
    )


@pytest.mark.slow
def test_a_reexport_replaces_the_conversation_whole(dbt, tmp_path):
    """Nothing of the old version is left; a version that is older changes nothing."""
    exports, warehouse = tmp_path / "exports", tmp_path / "w.duckdb"
    folder = exports / "conversations"
    folder.mkdir(parents=True)
    steps = [
        (
            [export("a", 5, ["x", "y", "z"]), export("b", 5, ["x", "y"])],
            {"a": 3, "b": 2},
        ),
        ([export("a", 6, ["w"]), export("b", 6, [])], {"a": 1}),
        ([export("a", 4, ["x", "y"]), export("b", 5, ["x"])], {"a": 1}),
        ([export("a", 6, ["u", "v"])], {"a": 2}),
    ]
    for number, (lines, expected) in enumerate(steps):
        (folder / f"{number}.jsonl").write_text("\n".join(lines))
        land(exports, warehouse)
        dbt(warehouse, "build", *MODELS_ONLY)
        marts = contents(warehouse)
        for table in ("marts.messages", "marts.suggestions"):
            counts = {}
            for row in marts[table]:
                counts[row[0]] = counts.get(row[0], 0) + 1
            assert counts == expected, (number, table)
        assert [row[0] for row in marts["marts.conversations"]] == ["a", "b"]
