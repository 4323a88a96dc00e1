"""Pairs of summaries a second through edit_distance(), beside DuckDB's levenshtein.

`python -m benchmarks.edit_distance` prints both for several kinds of pairs of 1,000
characters, and their ratio: same machine, same run.
"""

import random
import time

import duckdb

from scripts.duckdb_plugin import register_edit_distance

LENGTH = 1000
PAIRS = 40_000
PAIRS_OF_BUILTIN = 400
ALPHABETS = {
    "ascii": "abcdefghijklmnopqrstuvwxyz     ",
    "cjk": "".join(map(chr, range(0x4E00, 0x4E00 + 2000))),
}


def pairs(rng, alphabet, count, share_edited):
    """(suggested, edited): a share of the characters is replaced; 1 is unrelated."""
    for _ in range(count):
        text = rng.choices(alphabet, k=LENGTH)
        edited = list(text)
        for position in rng.sample(range(LENGTH), int(LENGTH * share_edited)):
            edited[position] = rng.choice(alphabet)
        yield "".join(text), "".join(edited)


def seconds(connection, function, rows):
    started = time.perf_counter()
    connection.execute(
        f"select sum({function}(a, b)) from (select * from pairs limit {rows})"
    ).fetchall()
    return time.perf_counter() - started


def main():
    connection = duckdb.connect()
    connection.execute("set threads = 2")
    register_edit_distance(connection)
    print(f"pairs a second, {LENGTH:,} characters, two threads")
    for name, alphabet in ALPHABETS.items():
        for share in (0.02, 0.1, 0.5, 1):
            connection.execute("create or replace table pairs (a varchar, b varchar)")
            rng = random.Random(1)
            # Few distinct pairs, repeated: making them must not take longer than
            # comparing them, and neither function remembers a pair.
            some = list(pairs(rng, alphabet, 400, share))
            connection.executemany("insert into pairs values (?, ?)", some)
            connection.execute(
                "insert into pairs select p.* from pairs as p, "
                f"range({PAIRS // 400 - 1})"
            )
            ours = PAIRS / seconds(connection, "edit_distance", PAIRS)
            builtin = PAIRS_OF_BUILTIN / seconds(
                connection, "levenshtein", PAIRS_OF_BUILTIN
            )
            print(
                f"{name:6} {share:4.0%} edited: {ours:9,.0f}   levenshtein "
                f"{builtin:7,.0f}   ratio {ours / builtin:5.0f}"
            )


if __name__ == "__main__":
    main()
