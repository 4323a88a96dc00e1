"""The edit distance that the plugin gives DuckDB, against the textbook."""

import random

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.duckdb_plugin import register_edit_distance


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        register_edit_distance(connection)
        yield connection


def distances(connection, pairs):
    pairs = pa.table(
        {
            "a": pa.array([a for a, _ in pairs], pa.string()),
            "b": pa.array([b for _, b in pairs], pa.string()),
        }
    )
    connection.register("pairs", pairs)
    rows = connection.execute("select edit_distance(a, b) from pairs").fetchall()
    connection.unregister("pairs")
    return [row[0] for row in rows]


def textbook(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y)),
            )
    return row[-1]


def test_code_points_count_and_bytes_do_not(connection):
    pairs = [
        ("中", "a"),
        ("日本語", "日本"),
        ("a😀b", "ab"),
        ("cafe\u0301", "café"),  # combining mark: two code points against one
        ("👩‍👩‍👧", "👩"),  # joined emoji: five code points
        ("", "abc"),
        ("same", "same"),
        ("nul\0in", "nulin"),
    ]
    assert distances(connection, pairs) == [1, 1, 1, 2, 4, 3, 0, 1]


def test_null_is_null(connection):
    pairs = [(None, "a"), ("a", None), (None, None), ("a", "b")]
    assert distances(connection, pairs) == [None, None, None, 1]


SCRIPTS = st.text(
    st.sampled_from("ab é中文日本語한글рус😀👩\u200d\u0301אב\0'\"\\"), max_size=30
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(SCRIPTS, SCRIPTS), min_size=1, max_size=20))
def test_it_equals_the_textbook(connection, pairs):
    assert distances(connection, pairs) == [textbook(a, b) for a, b in pairs]


@pytest.mark.parametrize("alphabet", ["ab ", "中文字符編輯距離 "])
def test_long_texts_with_few_and_with_many_edits(connection, alphabet):
    rng, pairs = random.Random(1), []
    for edits in (1, 60, 127, 128, 129, 200, 400):
        text = rng.choices(alphabet, k=400)
        edited = list(text)
        for _ in range(edits):
            place = rng.randrange(len(edited))
            edited[place : place + rng.randint(0, 1)] = rng.choice(["", "x", "日x"])
        pairs.append(("".join(text), "".join(edited)))
    expected = [textbook(a, b) for a, b in pairs]
    assert min(expected) < 128 < max(expected)
    assert distances(connection, pairs) == expected
