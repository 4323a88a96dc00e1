"""The in-order funnel against every chain of events, its marts against their rows."""

import itertools
import json
import statistics
from collections import defaultdict
from datetime import timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from tests.python.conftest import PROJECT

DAY = 86_400_000_000
# (window in days, optional) of each stage; the last funnel is the project's own.
FUNNELS = {
    "required": [(None, False), (2, False), (1, False), (3, False)],
    "optional": [(None, False), (2, False), (2, True), (3, False), (2, False)],
    "two_optional": [
        (None, False),
        (3, False),
        (2, True),
        (1, True),
        (3, False),
        (2, True),
    ],
    "seed": [
        (float(days) if days else None, optional == "true")
        for _, _, optional, days in (
            line.split(",")
            for line in (PROJECT / "seeds/funnel/funnel_stages.csv")
            .read_text()
            .split()[1:]
        )
    ],
}
MODELS = [
    "int_funnel_steps",
    "int_stage_events_placed",
    "int_stages_reached_first",
    "int_stages_reached_in_order",
]
EVENTS = 9


class Streams:
    """Random streams of at most EVENTS events: repeats, ties, re-entry, no times.

    Times are whole days and now and then a microsecond more, so that many events share
    an instant and many lie on the edge of a window. A type has one stage or two.
    """

    def __init__(self, rng, funnel, count):
        self.funnel, stages = funnel, len(funnel)
        pairs = rng.permutation(list(itertools.combinations(range(stages), 2)))[:2]
        self.types = [[stage] for stage in range(stages)] + [list(p) for p in pairs]
        shape = (count, EVENTS)
        # Types follow the order of the stages loosely, or nothing gets far.
        slope = np.linspace(0, stages, EVENTS, endpoint=False)
        self.type = np.clip(
            np.rint(slope + rng.normal(0, 0.9, shape)), 0, stages - 1
        ).astype(int)
        both = rng.random(shape) < 0.1
        self.type[both] = stages + rng.integers(len(pairs), size=both.sum())
        windows = [days for days, _ in funnel[1:]]
        gaps = np.where(
            rng.random(shape) < 0.6,
            rng.choice([0, 0, 1], shape),
            rng.choice(windows, shape),
        ) + rng.choice([0, 0, 1 / DAY], shape)
        self.time = np.rint(np.cumsum(gaps, axis=1) * DAY).astype(np.int64)
        self.exists = np.arange(EVENTS) < rng.integers(1, EVENTS + 1, (count, 1))
        self.is_timed = rng.random(shape) > 0.05
        self.is_plausible = rng.random(shape) > 0.05

    def load(self, connection):
        """Writes the streams and their definitions where the models look for them."""
        seed = [
            f"({10 * order}, 's{order}', {optional}, {days or 'null'})"
            for order, (days, optional) in enumerate(self.funnel)
        ]
        connection.execute(
            "create or replace table seeds.funnel_stages as from (values "
            f"{', '.join(seed)}) as t (stage_order, stage, is_optional, window_days)"
        )
        meanings = [
            f"('t{number}', 's{stage}')"
            for number, stages in enumerate(self.types)
            for stage in stages
        ]
        connection.execute(
            "create or replace table seeds.event_meanings as from (values "
            f"{', '.join(meanings)}) as t (event_type, stage)"
        )
        stream, position = np.nonzero(self.exists)
        events = pa.table(
            {
                "stream": stream,
                "event_type": self.type[stream, position],
                "micros": self.time[stream, position],
                "is_timed": self.is_timed[stream, position],
                "is_plausible": self.is_plausible[stream, position],
            }
        )
        connection.register("events", events)
        connection.execute(
            """
            create or replace table staging.stg_sales_bot__event_roles as
            select
                concat(stream, '/', hash(random())) as event_key,
                cast(stream as varchar) as conversation_id,
                event_type, 'stage' as role, stage,
                not is_plausible as is_time_implausible,
                case when is_timed then make_timestamp(micros) end as occurred_at,
                1 as _file_id
            from (select * replace ('t' || event_type as event_type) from events)
            inner join seeds.event_meanings using (event_type)
            order by random()
            """
        )
        connection.unregister("events")

    def chains(self):
        """Micros at which each stage is first reached in order; -1 where never.

        An event reaches a stage when any event before it has reached a stage that may
        come before, within the window: all pairs of events are looked at.
        """
        place = np.array([min(stages) for stages in self.types])[self.type]
        counts = self.exists & self.is_timed & self.is_plausible
        elapsed = self.time[:, None, :] - self.time[:, :, None]
        is_later = (elapsed > 0) | (
            (elapsed == 0) & (place[:, None, :] > place[:, :, None])
        )
        reached = []
        for stage, (days, _) in enumerate(self.funnel):
            has = counts & np.isin(
                self.type, [n for n, s in enumerate(self.types) if stage in s]
            )
            if stage:
                near = is_later & (elapsed <= days * DAY)
                before = np.any([reached[s] for s in sources(self.funnel, stage)], 0)
                has &= (before[:, :, None] & near).any(axis=1)
            reached.append(has)
        never = np.iinfo(np.int64).max
        first = np.stack(
            [np.where(has, self.time, never).min(axis=1) for has in reached], axis=1
        )
        return np.where(first == never, -1, first)

    def enumerated(self, stream):
        """The same for one stream from every subset of its events, in plain Python."""
        events = sorted(
            (int(self.time[stream, i]), min(self.types[self.type[stream, i]]), i)
            for i in range(EVENTS)
            if self.exists[stream, i]
            and self.is_timed[stream, i]
            and self.is_plausible[stream, i]
        )
        first = [-1] * len(self.funnel)
        for length in range(1, len(events) + 1):
            for chain in itertools.combinations(events, length):
                choices = [self.types[self.type[stream, i]] for *_, i in chain]
                for path in itertools.product(*choices):
                    if is_admissible(self.funnel, chain, path):
                        time, stage = chain[-1][0], path[-1]
                        if first[stage] < 0 or time < first[stage]:
                            first[stage] = time
        return first


def sources(funnel, stage):
    """Stages that may come right before: back to the last that is not optional."""
    found = [stage - 1]
    while funnel[found[-1]][1]:
        found.append(found[-1] - 1)
    return found


def is_admissible(funnel, chain, path):
    if path[0] != 0:
        return False
    for (earlier, here, _), (later, there, _), stage, following in zip(
        chain, chain[1:], path, path[1:], strict=False
    ):
        if (earlier, here) >= (later, there):
            return False
        if following <= stage or stage not in sources(funnel, following):
            return False
        if later - earlier > funnel[following][0] * DAY:
            return False
    return True


@pytest.fixture(scope="module")
def model_sql(dbt, target_path, tmp_path_factory):
    """{model: the SQL that dbt makes of it on a full build}."""
    warehouse = tmp_path_factory.mktemp("funnel") / "w.duckdb"
    dbt(warehouse, "compile", "--full-refresh", "--select", *MODELS)
    manifest = json.loads((target_path / "manifest.json").read_text())
    return {
        name: manifest["nodes"][f"model.conversation_warehouse.{name}"]["compiled_code"]
        for name in MODELS
    }


@pytest.fixture
def connection(model_sql):
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as w; use w")
        for schema in ("seeds", "staging", "intermediate"):
            connection.execute(f"create schema {schema}")
        yield connection


def found(connection, model_sql, streams):
    """What the models find: (micros at which reached, seconds from previous)."""
    streams.load(connection)
    *views, model = MODELS
    for view in views:
        connection.execute(
            f"create or replace view intermediate.{view} as {model_sql[view]}"
        )
    rows = connection.execute(
        "select cast(conversation_id as bigint) as stream, "
        "cast(stage[2:] as bigint) as stage, epoch_us(reached_at) as reached_at, "
        f"coalesce(seconds_from_previous, -1) as seconds from ({model_sql[model]})"
    ).fetchnumpy()
    shape = (len(streams.time), len(streams.funnel))
    reached, seconds = np.full(shape, -1), np.full(shape, -1.0)
    cells = rows["stream"], rows["stage"]
    assert len(set(zip(*map(list, cells), strict=True))) == len(rows["stream"])
    reached[cells], seconds[cells] = rows["reached_at"], rows["seconds"]
    return reached, seconds


def mismatches(connection, model_sql, rng, funnel, count):
    streams = Streams(rng, funnel, count)
    expected = streams.chains()
    # Nothing is shown where no chain gets to the end or all do.
    ends = (expected[:, -1] >= 0).mean()
    assert 0.001 < ends < 0.9, ends
    reached, seconds = found(connection, model_sql, streams)
    for stage in range(1, len(funnel)):
        previous = sources(funnel, stage)[-1]
        elapsed = (expected[:, stage] - expected[:, previous]) / 1_000_000
        expected_seconds = np.where(expected[:, stage] >= 0, elapsed, -1)
        assert np.array_equal(seconds[:, stage], expected_seconds)
    return int((reached != expected).any(axis=1).sum())


@pytest.mark.parametrize("name", FUNNELS)
def test_looking_at_pairs_is_looking_at_every_chain(name):
    """The oracle is itself compared with chains written out one by one."""
    streams = Streams(np.random.default_rng(7), FUNNELS[name], 150)
    every = [streams.enumerated(stream) for stream in range(150)]
    assert streams.chains().tolist() == every


@pytest.mark.parametrize("name", FUNNELS)
def test_in_order_is_exact(connection, model_sql, name):
    rng = np.random.default_rng(11)
    assert mismatches(connection, model_sql, rng, FUNNELS[name], 5_000) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", FUNNELS)
def test_in_order_is_exact_a_million_times(connection, model_sql, name):
    rng = np.random.default_rng(13)
    for _ in range(3):
        assert mismatches(connection, model_sql, rng, FUNNELS[name], 100_000) == 0


@pytest.fixture(scope="module")
def query(sample_warehouse):
    with duckdb.connect(str(sample_warehouse), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("dimension", "truth"),
    [
        ("all", "all"),
        ("first_message_variant", "first_message"),
    ],
)
def test_the_sample_has_the_funnel_that_was_generated(query, dimension, truth):
    truths = json.loads((PROJECT / "exports/truths.json").read_text())
    rows = query(
        "select segment, stage, conversations from marts.funnel_summary "
        f"where window_name = 'all' and dimension = '{dimension}'"
    )
    counted = {(segment, stage): count for segment, stage, count in rows}
    for segment, stages in truths["realised"]["funnel"][truth].items():
        for stage, count in stages.items():
            assert counted[segment, stage] == count, (segment, stage)


def test_the_summary_is_what_its_conversations_say(query):
    """Counts, maturity and medians of every window, one conversation at a time."""
    ((as_of,),) = query("select cast(as_of as date) from intermediate.as_of")
    days = dict(
        query("select stage, days_to_mature from intermediate.int_funnel_steps")
    )
    rows = query(
        "select stage, started_date, is_in_order, seconds_from_previous, segment "
        "from intermediate.int_funnel_stages_reached "
        "join intermediate.int_segments_listed using (conversation_id) "
        "where dimension = 'channel'"
    )
    expected, seconds = defaultdict(lambda: [0] * 5), defaultdict(list)
    lengths = {"last_7_days": 7, "last_30_days": 30, "last_90_days": 90, "all": 9999}
    for window, length in lengths.items():
        for stage, started, is_in_order, elapsed, segment in rows:
            if not 0 <= (as_of - started).days < length:
                continue
            counts = expected[window, segment, stage]
            counts[0] += 1
            counts[1] += is_in_order
            if elapsed is not None:
                seconds[window, segment, stage].append(elapsed)
            for later, window_days in days.items():
                matured = later == "started" or as_of >= started + timedelta(
                    window_days + 1
                )
                if stage == "started":
                    expected[window, segment, later][2] += matured
                    expected[window, segment, later][3] += matured and is_in_order
                if later == stage:
                    counts[4] += matured and is_in_order
    assert any(matured > 0 for *_, matured in expected.values())
    found = query(
        "select window_name, segment, stage, conversations, conversations_in_order, "
        "matured_conversations, matured_entered, matured_in_order, "
        "median_seconds_from_previous from marts.funnel_summary "
        "where dimension = 'channel'"
    )
    assert len(found) >= len(expected)
    for window, segment, stage, *counts, median in found:
        key = window, segment, stage
        assert counts == expected[key], key
        assert median == (statistics.median(seconds[key]) if seconds[key] else None)


def test_drop_offs_are_what_the_document_computes(query):
    """Its findDropOffPoints, which divides by zero where a stage is empty."""
    stages = ["started", "responded", "qualified", "booked", "attended", "converted"]
    segments = defaultdict(dict)
    for *segment, stage, count in query(
        "select window_name, dimension, segment, stage, conversations "
        "from marts.funnel_summary"
    ):
        segments[tuple(segment)][stage] = count
    found = defaultdict(list)
    for *segment, start, end, rate, lost in query(
        "select window_name, dimension, segment, from_stage, to_stage, drop_rate, "
        "volume_lost from marts.drop_offs where is_above_threshold order by rank"
    ):
        found[tuple(segment)].append((start, end, rate, lost))
    for segment, funnel in segments.items():
        drop_offs = []
        for start, end in itertools.pairwise(stages):
            if funnel[start] == 0:
                continue
            drop_rate = 1 - funnel[end] / funnel[start]
            if drop_rate > 0.5:
                drop_offs.append((start, end, drop_rate, funnel[start] - funnel[end]))
        assert found[segment] == sorted(drop_offs, key=lambda drop: -drop[2]), segment
    assert len(found) > 10
