"""The laws of landing, on small files made here."""

import gzip
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scripts import (
    erasures,
    export_files,
    export_records,
    land_exports,
    raw_tables,
    raw_warehouse,
)
from scripts.land_exports import LandingError, land

from .conftest import PROJECT, assert_same, contents

TIMES = {"landed_at", "_landed_at", "first_landed_at"}
FEEDS = sorted(raw_tables.FEEDS)


@pytest.fixture
def exports(tmp_path):
    """Writes a file below the exports folder: exports("events/a.jsonl", b"...")."""
    root = tmp_path / "exports"

    def write(name, data):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else lines(*data))
        return path

    root.mkdir()
    write.root = root
    return write


@pytest.fixture
def warehouse(tmp_path):
    return tmp_path / "warehouse.duckdb"


def lines(*records):
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def event(number):
    return {"event_type": "message_sent", "event_id": f"e{number}"}


def query(warehouse, sql, *values):
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql, values).fetchall()


def state(warehouse):
    return contents(warehouse, schemas=("raw",), without=TIMES)


def only(report):
    (file,) = report.files
    return file


def records(warehouse, feed):
    """The rows of a raw table as dicts, in the order of landing."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = f"select * from raw.{feed} order by _file_id, _line_number"
        return connection.sql(rows).to_arrow_table().to_pylist()


def landed(exports, warehouse, line, feed="events"):
    """What one line (bytes, or a record) landed as."""
    exports(f"{feed}/one.jsonl", line if isinstance(line, bytes) else [line])
    land(exports.root, warehouse)
    (row,) = records(warehouse, feed)
    return row


# Conservation

MIXED = (
    b'\xef\xbb\xbf{"event_type":"a"}\r\n'
    b"\n"
    b'{"event_type":"b"}\n'
    b" \t\r\n"
    b"not json\n"
    b'{"event_type":"c","new":1}\n'
    b'{"event_type":"d"'
)


def test_lines_are_landed_rejected_or_blank(exports, warehouse):
    exports("events/mixed.jsonl", MIXED)
    file = only(land(exports.root, warehouse))
    assert (file.line_count, file.row_count) == (7, 3)
    assert (file.rejected_count, file.blank_count) == (2, 2)
    assert query(
        warehouse, "select _line_number, event_type from raw.events order by all"
    ) == [(1, "a"), (3, "b"), (6, "c")]
    assert query(
        warehouse,
        "select line_number, line, line_bytes from raw.rejected_lines order by all",
    ) == [
        (5, "not json", b"not json"),
        (7, '{"event_type":"d"', b'{"event_type":"d"'),
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=40), st.just(b'{"a":1}')), max_size=30))
def test_conservation_holds_for_any_bytes(pieces):
    data = b"\n".join(pieces)
    assume(not data.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export_files, "BLOCK_BYTES", 16)
        source, file = sourced(data)
        erased = erasures.ErasedIds(Path("none.duckdb"))
        lines_ = land_exports.Lines([(None, file)], 1, None, erased)
        lines_.files[1] = file
        batches = [lines_._batch(1, block) for block in source.blocks()]
    in_file = data.removeprefix(export_files.BOM).split(b"\n")
    assert source.line_count == len(in_file) - (in_file[-1] == b"")
    counted = file.row_count + file.rejected_count + file.blank_count
    assert counted == source.line_count
    assert sum(batch.num_rows for batch in batches) == file.row_count
    with lines_.rejected() as rejected:
        assert rejected.read_all().num_rows == file.rejected_count


def sourced(data):
    source = export_files.LineSource(io.BytesIO(data), data[:4])
    return source, land_exports.LandedFile("x", "events")


def test_a_file_is_read_once_in_bounded_blocks_whatever_its_lines(monkeypatch):
    monkeypatch.setattr(export_files, "BLOCK_BYTES", 10)
    expected = [b"1", b"22", b"3" * 50, *[b"", b"4444"] * 3, b""]
    source, _ = sourced(b"".join(line + b"\n" for line in expected))
    blocks = list(source.blocks())
    assert [line for block in blocks for line in block.split(b"\n")] == expected
    assert len(blocks) > 3


def test_a_line_beyond_the_limit_is_an_error_of_the_file(
    exports, warehouse, monkeypatch
):
    monkeypatch.setattr(export_files, "LINE_LIMIT", 3 << 20)
    noise = random.Random(1).randbytes(3 << 20).hex().encode()
    exports("events/long.jsonl", gzip.compress(lines(event(1)) + noise))
    exports("events/short.jsonl", [event(2)])
    long, short = land(exports.root, warehouse).files
    assert long.error == "a line is longer than 3 MB"
    assert long.line_count == long.row_count == short.row_count == 1


# Identity


def test_the_same_content_lands_once(exports, warehouse):
    exports("events/mixed.jsonl", MIXED)
    exports("conversations/a/b.jsonl", [{"conversationName": "c", "odd": 1}])
    land(exports.root, warehouse)
    for feed, count in {"events": 3, "conversations": 1}.items():
        assert query(warehouse, f"select count(*) from raw.{feed}") == [(count,)]
    before = contents(warehouse, schemas=("raw",))
    report = land(exports.root, warehouse)
    assert [len(report.landed), len(report.skipped)] == [0, 2]
    assert_same(before, contents(warehouse, schemas=("raw",)))


def test_changed_content_lands_again_under_a_new_id(exports, warehouse):
    exports("events/a.jsonl", [event(1)])
    land(exports.root, warehouse)
    exports("events/a.jsonl", [event(1), event(2)])
    report = land(exports.root, warehouse)
    assert [report.rows, len(report.landed)] == [2, 1]
    ids = "select _file_id, event_id from raw.events order by all"
    assert query(warehouse, ids) == [(1, "e1"), (2, "e1"), (2, "e2")]
    exports("events/a.jsonl", [event(1)])
    assert land(exports.root, warehouse).landed == []


def test_the_same_content_under_two_paths_or_feeds_lands_twice(exports, warehouse):
    for name in ("events/a.jsonl", "events/b.jsonl", "support_metrics/a.jsonl"):
        exports(name, [event(1)])
    assert land(exports.root, warehouse).rows == 3


def test_the_hash_is_of_the_bytes_read_even_of_a_growing_file(exports):
    path = exports("events/a.jsonl", [event(1)] * 100_000)
    grown = []

    def grow(_):
        if not grown:
            with path.open("ab") as file:
                grown.append(file.write(lines(event(2))))

    source = export_files.open_export(path, grow)
    found = sum(block.count(b"\n") + 1 for block in source.blocks())
    read = path.read_bytes()
    with path.open("ab") as file:
        file.write(lines(event(3)))
    assert source.close() == (len(read), hashlib.sha256(read).hexdigest())
    assert found == source.line_count == 100_001


def test_the_stored_hash_is_sha256_of_the_file(exports, warehouse):
    data = gzip.compress(lines(event(1))) + gzip.compress(lines(event(2)))
    exports("events/a.jsonl.gz", data)
    exports("events/b.parquet", parquet([event(1)]))
    one, two = land(exports.root, warehouse).files
    assert one.content_hash == hashlib.sha256(data).hexdigest()
    assert two.content_hash == hashlib.sha256(parquet([event(1)])).hexdigest()
    assert one.byte_count == len(data)


# Atomicity


def kill_and_compare(exports, warehouse, trials):
    """Kills landing at `trials` moments spread over a run, then lets it finish."""
    for day in range(12):
        records = [
            event(n) | {"odd": n} if n % 1499 == 0 else event(n) for n in range(1500)
        ]
        exports(f"events/{day}.jsonl", lines(*records) + b"cut")
    small = "from scripts import land_exports as l; l.GROUP_BYTES = 150_000; l.main()"
    command = [sys.executable, "-u", "-c", small]
    command += ["--exports-dir", str(exports.root), "--warehouse"]

    def start(path):
        return subprocess.Popen(
            [*command, str(path)], cwd=PROJECT, stdout=subprocess.PIPE
        )

    assert land(exports.root, warehouse).exit_code() == 0
    expected, partial = state(warehouse), 0
    moments = random.Random(1)
    for trial in range(trials):
        other = warehouse.with_name(f"killed{trial}.duckdb")
        process = start(other)
        for _ in range(moments.randint(0, 9)):  # files it tells of
            process.stdout.readline()
        time.sleep(moments.uniform(0, 0.05))
        process.kill()
        process.communicate()
        if other.exists():
            with duckdb.connect(str(other)) as connection:
                tables = (
                    "select count(*) from duckdb_tables() where schema_name = 'raw'"
                )
                if connection.execute(tables).fetchall()[0][0]:
                    counts = connection.execute(
                        "select (select count(*) from raw.events),"
                        " (select count(*) from raw.rejected_lines),"
                        " (select count(*) from raw.file_drift), count(*)"
                        " from raw.landed_files"
                    ).fetchall()[0]
                    files = counts[3]
                    assert counts == (1500 * files, files, files, files)
                    partial += 0 < files < 12
        land(exports.root, other)
        assert_same(expected, state(other))
    return partial


def test_killed_at_any_moment_the_next_run_ends_in_the_same_state(exports, warehouse):
    assert kill_and_compare(exports, warehouse, trials=4) > 0


@pytest.mark.slow
def test_killed_at_many_moments(exports, warehouse):
    assert kill_and_compare(exports, warehouse, trials=60) > 10


@pytest.mark.parametrize("group_bytes", [1, 512 << 20])
def test_a_file_that_fails_on_the_way_leaves_nothing_and_the_others_land(
    exports, warehouse, monkeypatch, group_bytes
):
    for name in "abc":
        exports(f"events/{name}.jsonl", [event(name)])
    monkeypatch.setattr(land_exports, "GROUP_BYTES", group_bytes)
    honest = land_exports.export_records.CleanReader.read_block

    def failing(self, block):
        if b"eb" in block:
            raise MemoryError("planted")
        return honest(self, block)

    monkeypatch.setattr(export_records.CleanReader, "read_block", failing)
    report = land(exports.root, warehouse)
    (failed,) = report.failed
    assert failed.file_path == "events/b.jsonl"
    assert failed.error == "cannot be read: planted"
    ids = (
        "select file_path, event_id from raw.events"
        " join raw.landed_files on file_id = _file_id order by all"
    )
    expected = [(f"events/{name}.jsonl", f"e{name}") for name in "abc"]
    assert query(warehouse, ids) == [expected[0], expected[2]]
    monkeypatch.undo()
    assert land(exports.root, warehouse).rows == 1
    assert query(warehouse, ids) == expected
    assert query(warehouse, "select count(error) from raw.landed_files") == [(0,)]


def test_what_is_read_ahead_is_bounded(exports, monkeypatch):
    for module in (export_files, land_exports):
        monkeypatch.setattr(module, "BLOCK_BYTES", 1 << 16)
    line = {"event_type": "a", "properties": {"text": "x" * (3 << 16)}}
    path = exports("events/a.jsonl", [line] * 40)
    group = [(path, land_exports.LandedFile("a", "events"))]
    options = (lambda count: None, erasures.ErasedIds(Path("none.duckdb")))
    items = land_exports._read_groups([group], 1, options)
    ahead = [batch for _, batch in islice(items, land_exports.BLOCKS_AHEAD) if batch]
    assert 1 < sum(batch.nbytes for batch in ahead) >> 16 <= land_exports.BLOCKS_AHEAD


def test_a_transaction_that_fails_leaves_nothing(exports, warehouse):
    land(exports.root, warehouse)
    before = state(warehouse)
    with (
        pytest.raises(ZeroDivisionError),
        raw_warehouse.open_warehouse(warehouse) as connection,
        raw_warehouse.transaction(connection),
    ):
        connection.execute("insert into raw.file_drift values (1, 'a', 'b', 'c', 1)")
        raise ZeroDivisionError
    assert_same(before, state(warehouse))


def test_what_does_not_fit_in_memory_goes_beside_the_warehouse(tmp_path, monkeypatch):
    """Not to `.tmp` of whatever folder one is in, where nothing would erase it."""
    monkeypatch.chdir(tmp_path)
    warehouse = tmp_path / "it's.duckdb"
    with raw_warehouse.open_warehouse(warehouse) as connection:
        connection.execute("set memory_limit = '60MB'")
        spilled = connection.execute(
            "select hash(i) as h, repeat(hash(i)::varchar, 5) from range(900_000) t (i)"
            " order by h"
        )
        spilled.fetchone()
        assert list(raw_warehouse.spill_folder(warehouse).iterdir())
    assert not (tmp_path / ".tmp").exists()


# Files that cannot be read

ZSTD = pa.compress(lines(*map(event, range(40_000))), codec="zstd", asbytes=True)
GZIP = gzip.compress(lines(*map(event, range(40_000))))


def parquet(records):
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.jsonl.gz", GZIP[:2] + b"\xff" * 40, "Unknown compression method"),
        ("a.jsonl.zst", ZSTD[:4] + b"\xff" * 40, "ZSTD decompress failed"),
        ("a.parquet", b"PAR1 and nothing else", "No magic bytes found"),
        ("a.parquet", b'{"event_type": "no parquet"}\n', "a.parquet"),
        ("a.parquet", b"", "a.parquet"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_recorded_with_its_error(
    exports, warehouse, name, data, says
):
    exports(f"events/{name}", data)
    exports("events/good.jsonl", [event(1)])
    for _ in range(2):
        bad, good = land(exports.root, warehouse).files
        assert says in bad.error
        assert bad.error.startswith("cannot be read: ")
        assert (bad.line_count, bad.row_count, good.row_count) == (0, 0, 1)
    assert bad.is_skipped
    recorded = (
        "select count(*), count(error), count(content_hash) from raw.landed_files"
    )
    assert query(warehouse, recorded) == [(2, 1, 2)]


@pytest.mark.parametrize("data", [GZIP[:-500], GZIP[: len(GZIP) // 2], ZSTD[:-500]])
def test_a_cut_file_lands_what_could_be_read_and_says_so(
    exports, warehouse, data, capsys
):
    exports("events/a.jsonl.gz", data)
    file = only(land(exports.root, warehouse))
    assert file.error == "the compressed file is cut short"
    assert 1000 < file.row_count < 40_000
    assert file.row_count + file.rejected_count == file.line_count
    again = only(land(exports.root, warehouse))
    assert again.is_skipped
    assert again.error == file.error
    told = "events/a.jsonl.gz: the compressed file is cut short"
    assert capsys.readouterr().out.count(told) == 2
    assert query(warehouse, "select count(*) from raw.events") == [(file.row_count,)]


def test_a_path_that_cannot_be_opened_is_tried_again(exports, warehouse):
    exports("events/good.jsonl", [event(1)])
    loop = exports.root / "events" / "loop.jsonl"
    loop.symlink_to(loop)
    (exports.root / "events" / "folder.jsonl").mkdir()
    for _ in range(2):
        report = land(exports.root, warehouse)
        errors = {file.file_path: file.error for file in report.failed}
        assert errors == {
            "events/folder.jsonl": "cannot be read: it is a folder or a device",
            "events/loop.jsonl": "cannot be read: too many levels of symbolic links",
        }
        recorded = "select count(*), count(error) from raw.landed_files"
        assert query(warehouse, recorded) == [(3, 2)]
    loop.unlink()
    exports("events/loop.jsonl", [event(2)])
    land(exports.root, warehouse)
    assert query(warehouse, recorded) == [(3, 1)]


def test_a_landed_path_that_fails_for_a_while_is_not_held_against_it(
    exports, warehouse
):
    path = exports("events/a.jsonl", [event(1)])
    land(exports.root, warehouse)
    before = state(warehouse)
    path.unlink()
    path.symlink_to(path)
    assert land(exports.root, warehouse).exit_code() == 1
    path.unlink()
    exports("events/a.jsonl", [event(1)])
    assert land(exports.root, warehouse).exit_code() == 0
    assert_same(before, state(warehouse))


# Lines that are rejected, and lines that are not


NO_OBJECTS = [
    (b'{"event_type":"\xff"}', "not valid UTF-8 at byte 16"),
    (b'{"event_type":"\xed\xa0\x80"}', "not valid UTF-8 at byte 16"),
    (b'{"event_type":"a"', "the line ends in the middle of a value"),
    (b'{"event_type":"a', "the line ends in the middle of a value"),
    (b'{"event_type":tr', "the line ends in the middle of a value"),
    (b'{"event_type":', "the line ends in the middle of a value"),
    (b'{"event_type":"a"} x', "not valid JSON: extra data at character 20"),
    (b'{"event_type":"a"}{}', "not valid JSON: extra data at character 19"),
    (b'{"event_type":"a",}', "not valid JSON: "),
    (b"{'event_type':'a'}", "not valid JSON: "),
    (b'{"event_type":"\t"}', "not valid JSON: invalid control character"),
    (b'\xef\xbb\xbf{"event_type":"a"}', "not valid JSON: unexpected UTF-8 BOM"),
    (b'{"value":NaN}', "not valid JSON: NaN is not a JSON number"),
    (b'{"properties":-Infinity}', "not valid JSON: -Infinity is not a JSON number"),
    (b'{"timestamp":' + b"9" * 5000 + b"}", "a number of more than 4300 digits"),
    (b"[]", "not a JSON object but an array"),
    (b'"x"', "not a JSON object but a string"),
    (b"1", "not a JSON object but a number"),
    (b"true", "not a JSON object but a boolean"),
    (b"null", "not a JSON object but null"),
    (b'{"event_type":"\\ud83d"}', "half of a surrogate pair"),
    (b'{"properties":{"\\ud83d":1}}', "half of a surrogate pair"),
    (b'{"unknown":"\\udc00"}', "half of a surrogate pair"),
    (b'{"properties":' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deep"),
]


def test_a_line_that_is_no_json_object_is_rejected(exports, warehouse):
    data = b"".join(lines(event(1)) + line + b"\n" for line, _ in NO_OBJECTS)
    exports("events/a.jsonl", data)
    file = only(land(exports.root, warehouse))
    assert file.row_count == file.rejected_count == len(NO_OBJECTS)
    rejected = query(
        warehouse,
        "select line_number, reason, line_bytes from raw.rejected_lines"
        " order by line_number",
    )
    for position, (line, reason) in enumerate(NO_OBJECTS):
        number, given_reason, kept = rejected[position]
        assert (number, kept) == (2 * position + 2, line)
        assert reason in given_reason


OBJECTS = [
    b' \t{ "event_type" : "a" }\t ',
    b'{"event_type":"a\\u0000\\ud83d\\ude00\\/"}',
    b'{"properties":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"properties":' + b"9" * 4000 + b"}",
    b'{"unknown":' + b"9" * 4000 + b"}",
    b"{}",
    b'{"properties":"' + b"x" * (18 << 20) + b'"}',
    b'{"unknown":1,"properties":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"properties":' + b"[" * 400 + b"1e999" + b"]" * 400 + b"}",
]


def test_a_line_that_is_a_json_object_lands(exports, warehouse):
    exports("events/a.jsonl", b"".join(line + b"\r\n" for line in OBJECTS))
    assert only(land(exports.root, warehouse)).row_count == len(OBJECTS)
    found = [row["event_type"] for row in records(warehouse, "events")]
    assert found[:2] == ["a", "a\0\N{GRINNING FACE}/"]


def test_what_a_file_is_its_bytes_say_not_its_name(exports, warehouse):
    data = lines(event(1), event(2))
    zstd = pa.compress(data, codec="zstd", asbytes=True)
    for name, packed in {
        "gzip.jsonl": gzip.compress(data),
        "gzip.jsonl.zst": gzip.compress(data) * 2,
        "zstd.jsonl.gz": zstd,
        "zstd.jsonl": zstd * 2,
        "plain.jsonl.gz": data,
        "PARQUET.JSONL": parquet([event(1)]),
        "empty.jsonl.gz": gzip.compress(b""),
        "bom.jsonl": export_files.BOM + data,
    }.items():
        exports(f"events/{name}", packed)
    report = land(exports.root, warehouse)
    assert {f.file_path[7:]: f.row_count for f in report.files} == {
        "gzip.jsonl": 2,
        "gzip.jsonl.zst": 4,
        "zstd.jsonl.gz": 2,
        "zstd.jsonl": 4,
        "plain.jsonl.gz": 2,
        "PARQUET.JSONL": 1,
        "empty.jsonl.gz": 0,
        "bom.jsonl": 2,
    }
    assert not report.failed


def test_which_files_are_exports(exports, warehouse):
    for name in (
        "events/x'); drop table raw.events--.jsonl",
        "events/a[1]*?.parquet",
        "events/day=2026-10-01/\N{SNOWMAN} \u00fc.jsonl",
        "events/part.parquet/0.jsonl",
        "events/x*.parquet",
        "events/xy/day=2026-10-01/xy.parquet",
        "events/xyz.parquet",
        "events/.hidden.jsonl",
        "events/.git/a.jsonl",
        "events/notes.txt",
        "other/a.jsonl",
    ):
        data = parquet([event(1)]) if name.endswith("parquet") else lines(event(1))
        exports(name, data)
    odd_bytes = os.fsencode(exports.root) + b"/events/\xff.jsonl"
    Path(os.fsdecode(odd_bytes)).write_bytes(lines(event(1)))
    report = land(exports.root, warehouse)
    paths = "select file_path from raw.landed_files order by file_id"
    assert [path for (path,) in query(warehouse, paths)] == [
        "events/a[1]*?.parquet",
        "events/day=2026-10-01/\N{SNOWMAN} \u00fc.jsonl",
        "events/part.parquet/0.jsonl",
        "events/x'); drop table raw.events--.jsonl",
        "events/x*.parquet",
        "events/xy/day=2026-10-01/xy.parquet",
        "events/xyz.parquet",
        "events/\\xff.jsonl",
    ]
    assert report.passed_over == ["events/notes.txt"]
    assert query(warehouse, "select count(*), count(_extra) from raw.events") == [
        (8, 0)
    ]


def test_parquet_rows_land_like_lines(exports, warehouse):
    record = {
        "conversationName": "c",
        "turnCount": 3,
        "startTimestamp": "2026-10-01 00:00:00+00",
        "silencePercentage": None,
        "sentences": [{"sentence": "hi", "createTimeNanos": 2**62}, None],
        "labels": [],
    }
    exports("conversations/a.jsonl", [record])
    typed = pa.Table.from_pylist([record])
    stamp = pa.array(["2026-10-01T00:00Z"]).cast(pa.timestamp("us", "UTC"))
    typed = typed.set_column(2, "startTimestamp", stamp)
    buffer = io.BytesIO()
    pq.write_table(typed, buffer)
    exports("conversations/b.parquet", buffer.getvalue())
    land(exports.root, warehouse)
    one, two = query(
        warehouse,
        "select columns(* exclude (_file_id, _landed_at)) from raw.conversations"
        " order by _file_id",
    )
    assert one == two
    assert '"2026-10-01 00:00:00+00"' in one
    assert one[-2:] == (None, 1)


def test_a_parquet_file_that_breaks_off_lands_what_could_be_read(exports, warehouse):
    buffer = io.BytesIO()
    table = pa.Table.from_pylist([event(number) for number in range(4096)])
    pq.write_table(table, buffer, row_group_size=2048, use_dictionary=False)
    place = pq.ParquetFile(buffer).metadata.row_group(1).column(0).data_page_offset
    data = bytearray(buffer.getvalue())
    data[place : place + 100] = b"\xff" * 100
    exports("events/a.parquet", bytes(data))
    file = only(land(exports.root, warehouse))
    assert file.error
    assert file.row_count == file.line_count < 4096
    assert query(warehouse, "select count(*) from raw.events") == [(file.row_count,)]


def test_a_parquet_file_that_changes_while_it_is_read_is_refused(exports):
    path = exports("events/a.parquet", parquet([event(1)]))
    source = export_files.open_export(path, lambda count: None)
    assert len(list(source.blocks())) == 1
    path.write_bytes(parquet([event(2)]))
    with pytest.raises(OSError, match="changed while it was read"):
        source.close()


# Coercion

OTHER = object()  # the value is kept in _extra and the column is NULL


VALUES = [
    ("conversations", "turnCount", "5", 5),
    ("conversations", "turnCount", '"5"', 5),
    ("conversations", "turnCount", '" 5 "', 5),
    ("conversations", "turnCount", '"+5"', 5),
    ("conversations", "turnCount", "5.0", 5),
    ("conversations", "turnCount", "1e3", 1000),
    ("conversations", "turnCount", "-9223372036854775808", -(2**63)),
    ("conversations", "turnCount", '"9223372036854775807"', 2**63 - 1),
    ("conversations", "turnCount", "null", None),
    ("conversations", "turnCount", "9223372036854775808", OTHER),
    ("conversations", "turnCount", "5.5", OTHER),
    ("conversations", "turnCount", '"5.0"', OTHER),
    ("conversations", "turnCount", '"1e3"', OTHER),
    ("conversations", "turnCount", '"null"', OTHER),
    ("conversations", "turnCount", '""', OTHER),
    ("conversations", "turnCount", "true", OTHER),
    ("conversations", "turnCount", "1e999", OTHER),
    ("conversations", "turnCount", "[5]", OTHER),
    ("conversations", "silencePercentage", "5", 5.0),
    ("conversations", "silencePercentage", '" 5.5 "', 5.5),
    ("conversations", "silencePercentage", '"1e3"', 1000.0),
    ("conversations", "silencePercentage", "true", 1.0),
    ("conversations", "silencePercentage", '"nan"', OTHER),
    ("conversations", "silencePercentage", '"inf"', OTHER),
    ("conversations", "silencePercentage", '"null"', OTHER),
    ("conversations", "silencePercentage", '"5%"', OTHER),
    ("conversations", "silencePercentage", "-1e999", OTHER),
    ("conversations", "silencePercentage", "{}", OTHER),
    ("conversations", "medium", '"CHAT "', "CHAT "),
    ("conversations", "medium", '""', ""),
    ("conversations", "medium", '"null"', "null"),
    ("conversations", "medium", "5", OTHER),
    ("conversations", "medium", "true", OTHER),
    ("conversations", "medium", "1e999", OTHER),
    ("conversations", "agentId", "5", "5"),
    ("conversations", "labels", "null", None),
    ("conversations", "labels", "[]", []),
    ("conversations", "labels", '"x"', OTHER),
    ("conversations", "labels", '"null"', OTHER),
    ("conversations", "labels", "{}", OTHER),
    ("conversations", "latestSummary", "[]", OTHER),
    ("conversations", "startTimestamp", '"{\\"a\\":1}"', '"{\\"a\\":1}"'),
    (
        "conversations",
        "startTimestamp",
        '{"b":1,"a":[1.0,null]}',
        '{"b":1,"a":[1.0,null]}',
    ),
    (
        "conversations",
        "startTimestamp",
        "12345678901234567890123",
        "12345678901234567890123",
    ),
    ("conversations", "startTimestamp", '""', '""'),
    ("conversations", "startTimestamp", "1e999", OTHER),
    ("events", "event_type", '" A "', " A "),
    ("events", "event_type", "7", OTHER),
    ("events", "conversation_id", "7", "7"),
    ("events", "conversation_id", "1e20", "1e+20"),
    ("events", "conversation_id", '""', OTHER),
    ("events", "conversation_id", "true", OTHER),
    ("events", "conversation_id", "{}", OTHER),
    ("support_metrics", "customer_id", "7.5", "7.5"),
    ("support_metrics", "value", '"5.0"', '"5.0"'),
    ("support_metrics", "value", "NULL".lower(), None),
]


@pytest.mark.parametrize("more", ["", ',"unknown":1'], ids=["alone", "beside another"])
@pytest.mark.parametrize("feed", FEEDS)
def test_values_are_coerced_or_kept(exports, warehouse, feed, more):
    cases = [case[1:] for case in VALUES if case[0] == feed]
    texts = [f'{{"{name}":{value}{more}}}\n' for name, value, _ in cases]
    exports(f"{feed}/a.jsonl", "".join(texts).encode())
    land(exports.root, warehouse)
    rows = records(warehouse, feed)
    for (name, value, stored), row in zip(cases, rows, strict=True):
        extra = json.loads(row["_extra"] or "{}", parse_int=str, parse_float=str)
        assert extra.pop("unknown", None) == ("1" if more else None)
        kept = {}
        if stored is OTHER:
            kept = {name: json.loads(value, parse_int=str, parse_float=str)}
            stored = None
        assert (row[name], extra) == (stored, kept), value
        assert type(row[name]) is type(stored), value


BOOLEANS = {
    "true": True,
    '"True"': True,
    '" FALSE "': False,
    "1": True,
    "0.0": False,
    "null": None,
    "2": OTHER,
    '"1"': OTHER,
    '"t"': OTHER,
    '"yes"': OTHER,
    '"null"': OTHER,
    "[]": OTHER,
}


def test_booleans_are_coerced_or_kept(exports, warehouse):
    for number, value in enumerate(BOOLEANS):
        sentence = f'{{"annotations":[{{"type":"x","clicked" : {value}}}]}}'
        line = f'{{"sentences":[{{}},{sentence}]}}'.encode()
        exports(f"conversations/{number:02}.jsonl", line)
    land(exports.root, warehouse)
    rows = records(warehouse, "conversations")
    for (value, stored), row in zip(BOOLEANS.items(), rows, strict=True):
        clicked = row["sentences"][1]["annotations"][0]["clicked"]
        path = "sentences[1].annotations[0].clicked"
        extra = {path: json.loads(value)} if stored is OTHER else None
        assert clicked is (None if stored is OTHER else stored), value
        assert json.loads(row["_extra"] or "null") == extra, value


def test_nested_oddities_keep_their_place(exports, warehouse):
    record = {
        "sentences": [None, 7, {"sentence": "hi", "emotion": {"x": [1]}}, "text"],
        "issues": [{"score": "high", "name": 3}],
        "qaScorecardResults": [{"qaAnswers": [{"tags": ["a", 1, None]}]}],
        "latestSummary": {"text": "t", "new": None},
    }
    row = landed(exports, warehouse, record, "conversations")
    sentences = [s and s["sentence"] for s in row["sentences"]]
    assert sentences == [None, None, "hi", None]
    assert row["issues"][0]["score"] is None
    assert row["qaScorecardResults"][0]["qaAnswers"][0]["tags"] == ["a", None, None]
    assert row["latestSummary"]["text"] == "t"
    assert json.loads(row["_extra"]) == {
        "sentences[1]": 7,
        "sentences[2].emotion": {"x": [1]},
        "sentences[3]": "text",
        "issues[0].score": "high",
        "issues[0].name": 3,
        "qaScorecardResults[0].qaAnswers[0].tags[1]": 1,
        "latestSummary.new": None,
    }


def test_a_number_out_of_range_is_kept_as_text(exports, warehouse):
    line = b'{"properties":{"amount":[1,1e999]},"new":-1e999}'
    row = landed(exports, warehouse, line)
    assert row["properties"] == '{"amount":[1,null]}'
    assert json.loads(row["_extra"]) == {
        "properties.amount[1]": "1e999",
        "new": "-1e999",
    }


@pytest.mark.parametrize("more", [b"", b',"unknown":1'])
def test_the_first_of_duplicate_keys_wins(exports, warehouse, more):
    line = (
        b'{"event_type":"a","event_type":"b","channel":null,"channel":"x",'
        b'"properties":{"amount":1,"n":3,"amount":2}' + more + b"}"
    )
    row = landed(exports, warehouse, line)
    assert (row["event_type"], row["channel"]) == ("a", None)
    amount = "select properties -> '$.amount', properties -> '$.n' from raw.events"
    assert query(warehouse, amount) == [("1", "3")]


# The fast way and the slow way

TRICKY = ["5", "-7", " 5 ", "5.0", "1e3", "007", "+1", "1_0", "null", "NULL", "true"]
TRICKY += ["True", "1", "0", "nan", "inf", "1e999", "-0", "", "0x1", "\u0663", "9" * 19]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(TRICKY),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
FITTING = {
    "VARCHAR": st.text(max_size=5),
    "BIGINT": st.one_of(
        st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1).map(str)
    ),
    "DOUBLE": st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 9),
    "BOOLEAN": st.sampled_from([True, False, "true", "FALSE", 1, 0]),
    "JSON": ANYTHING,
}


@st.composite
def values(draw, declared):
    """Values of a declared type, most of which fit it."""
    if draw(st.integers(0, 30)) == 0:
        return draw(ANYTHING)
    if isinstance(declared, dict):
        names = draw(st.lists(st.sampled_from(sorted(declared)), max_size=4))
        record = {name: draw(values(declared[name])) for name in names}
        if draw(st.integers(0, 30)) == 0:
            record["unknown"] = draw(ANYTHING)
        return record
    if isinstance(declared, list):
        items = draw(st.integers(0, 2))
        return [draw(values(declared[0])) for _ in range(items)]
    return draw(FITTING[declared])


@settings(max_examples=400, deadline=None)
@given(st.data(), st.sampled_from(FEEDS), st.booleans())
def test_what_the_fast_way_takes_it_reads_as_the_slow_way(data, feed, is_ascii):
    record = data.draw(values(raw_tables.FEEDS[feed]))
    line = json.dumps(record, ensure_ascii=is_ascii).encode()
    check_both_ways(line, feed)


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(FEEDS))
def test_both_ways_agree_on_damaged_lines_too(data, feed):
    line = json.dumps(data.draw(values(raw_tables.FEEDS[feed]))).encode()
    place = data.draw(st.integers(0, len(line)))
    piece = data.draw(
        st.binary(max_size=2)
        | st.sampled_from([b'"', b"{", b"}", b",", b":", b"\\", b"\\ud800", b"1e999"])
        | st.sampled_from([b"NaN", b" ", b"\r", b"\x00", b"\xed\xa0\x80", b"-", b"0"])
    )
    width = data.draw(st.integers(0, 2))
    check_both_ways(line[:place] + piece + line[place + width :], feed)


def check_both_ways(line, feed):
    if b"\n" in line:
        return
    try:
        fast = export_records.clean_reader(feed).read(line)
    except export_records.NOT_CLEAN:
        assert read_as_block([line], feed) is None
        return
    slow = export_records.read_slowly(line, feed)
    assert slow.extra is None
    structure = json.dumps(raw_tables.FEEDS[feed])
    read = f"select from_json($1, '{structure}')"
    texts = [fast.decode(), slow.text.decode()]
    typed = [duckdb.execute(read, [text]).fetchall() for text in texts]
    assert str(typed[0]) == str(typed[1])
    assert read_as_block([line], feed) in ([fast.decode()], None)


def read_as_block(lines, feed):
    """The texts of lines read together, None where they are not clean together."""
    try:
        texts = export_records.clean_reader(feed).read_block(b"\n".join(lines))
    except export_records.NOT_CLEAN:
        return None
    return [text.removesuffix("\n") for text in texts.to_pylist()]


CLEAN_LINE = b'{"event_type":"a","properties":{"x":[{}]}}'
PIECES = [b"{", b"}", b"{}", b"}{", b" ", b"\n", b"\r\n", b",", b'"', b"[", CLEAN_LINE]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from([CLEAN_LINE + b"\n", b"{}\n", *PIECES]), max_size=8))
def test_a_block_is_clean_only_where_each_of_its_lines_is(pieces):
    lines = b"".join(pieces).split(b"\n")
    together = read_as_block(lines, "events")
    if together is not None:
        alone = [export_records.clean_reader("events").read(line) for line in lines]
        assert together == [text.decode() for text in alone]


@pytest.mark.parametrize(
    "block",
    [b"{}{}\n", b"{}\n{}{}\n", b'{"properties":\n{}}{}', b"\n{}{}", b"{}\n\n{}{}\n{}"],
)
def test_as_many_records_as_lines_are_not_one_on_each(block):
    assert read_as_block(block.split(b"\n"), "events") is None


def test_the_fast_way_takes_what_is_clean(exports, warehouse, monkeypatch):
    clean = {
        "events": {"event_type": "a", "properties": {"x": [1, None]}},
        "conversations": {
            "turnCount": "5",
            "sentences": [None, {"createTimeNanos": "1", "annotations": None}],
        },
        "support_metrics": {"metric_name": "a", "value": "5.0", "dimension": None},
    }
    for feed, record in clean.items():
        exports(f"{feed}/a.jsonl", [record] * 3)
    monkeypatch.setattr(export_records, "read_slowly", None)
    assert land(exports.root, warehouse).rows == 9
    for feed in clean:
        assert query(warehouse, f"select count(*) from raw.{feed}") == [(3,)]


# Drift


def test_drift_is_reported_per_field(exports, warehouse):
    sentences = [{"emotion": 1}, {"emotion": 2, "speakerTag": "x"}]
    odd = {"conversationName": "b", "sentences": sentences, "turnCount": "many"}
    exports("conversations/1.jsonl", [{"conversationName": "a"}, odd, odd])
    exports("conversations/2.jsonl", [{"turnCount": "more"}])
    land(exports.root, warehouse)
    drift = (
        "select feed, field, kind, first_file_path, row_count, row_share"
        " from raw.schema_drift where first_landed_at is not null order by field"
    )
    first, feed = "conversations/1.jsonl", "conversations"
    assert query(warehouse, drift) == [
        (feed, "sentences[].emotion", "unknown field", first, 2, 0.5),
        (feed, "sentences[].speakerTag", "value does not fit", first, 2, 0.5),
        (feed, "turnCount", "value does not fit", first, 3, 0.75),
    ]


# The command line


def run(*arguments, **environment):
    result = CliRunner().invoke(
        land_exports.main, [str(a) for a in arguments], env=environment
    )
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.mark.parametrize(
    ("data", "code", "strict_code"),
    [(lines(event(1)), 0, 0), (b"[]\n", 0, 3), (GZIP[:-9], 1, 3)],
)
def test_exit_codes(exports, warehouse, data, code, strict_code):
    exports("events/a.jsonl", data)
    for _ in range(2):  # an unchanged fault is still one
        arguments = ["--exports-dir", exports.root, "--warehouse", warehouse]
        assert run(*arguments).exit_code == code
        assert run(*arguments, "--strict").exit_code == strict_code


def test_a_missing_folder_is_wrong_use(tmp_path, warehouse):
    result = run("--exports-dir", tmp_path / "no", "--warehouse", warehouse)
    assert result.exit_code == 2
    assert "There is no folder" in result.output
    with pytest.raises(LandingError, match="no exports folder"):
        land(tmp_path / "no", warehouse)


def test_the_environment_names_the_folders_and_empty_is_unset(
    exports, warehouse, monkeypatch
):
    exports("events/a.jsonl", [event(1)])
    result = run(EXPORTS_DIR=str(exports.root), WAREHOUSE_PATH=str(warehouse))
    assert (result.exit_code, warehouse.exists()) == (0, True)
    monkeypatch.chdir(exports.root.parent)
    result = run(EXPORTS_DIR="", WAREHOUSE_PATH="")
    assert result.exit_code == 0
    assert (exports.root.parent / "var" / "warehouse.duckdb").exists()


def test_no_exports_at_all_makes_empty_tables(exports, warehouse):
    assert land(exports.root, warehouse).exit_code() == 0
    for table in [*FEEDS, "landed_files", "rejected_lines", "schema_drift"]:
        assert query(warehouse, f"select count(*) from raw.{table}") == [(0,)]


def test_a_held_warehouse_is_one_clear_line(exports, warehouse):
    hold = f"held = duckdb.connect({str(warehouse)!r}); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", f"import duckdb; {hold}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        holder.stdout.readline()
        result = run("--exports-dir", exports.root, "--warehouse", warehouse)
        holder.communicate(b"\n")
    assert result.exit_code == 1
    assert result.output == (
        f"Error: {warehouse} is held by process {holder.pid}; "
        "close it there and try again\n"
    )


def test_a_file_that_is_no_warehouse_is_one_clear_line(exports, warehouse):
    warehouse.write_bytes(b"something else" * 1000)
    with pytest.raises(LandingError, match="is not a DuckDB file"):
        land(exports.root, warehouse)
    assert warehouse.read_bytes() == b"something else" * 1000


def test_tables_of_another_declaration_are_refused(exports, warehouse):
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema raw; create table raw.events (a integer)")
    with pytest.raises(LandingError, match=r"raw\.events has other columns"):
        land(exports.root, warehouse)


def test_what_a_run_says(exports, warehouse, capsys):
    exports("events/a.jsonl", lines(event(1)) + b"x\n")
    exports("events/b.csv", b"")
    report = land(exports.root, warehouse)
    assert capsys.readouterr().out.splitlines() == [
        "events/a.jsonl: 1 rows, 1 rejected lines",
        "Passed over 1 files of other kinds, such as events/b.csv",
        "1 files landed with 1 rows and 1 rejected lines, 0 unchanged, 0 with an error",
    ]
    assert (report.rows, report.rejected) == (1, 1)


# The files that others made


def test_the_nasty_files_land_as_they_should(shared, warehouse):
    land(shared / "data" / "nasty", warehouse)
    check = [shared / "checks" / "check_landing.py", warehouse]
    check.append(shared / "data" / "answers" / "nasty")
    done = subprocess.run(
        [sys.executable, *map(str, check)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
