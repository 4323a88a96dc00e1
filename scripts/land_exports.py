"""Land export files in the warehouse: every line is kept, and none twice.

`land()` is what a refresh calls; `python -m scripts.land_exports --help` is the same by
hand. The laws: lines = landed + rejected + blank; a content lands once per path; a file
lands whole or not at all, however often a run is killed.
"""

import json
import sys
import tempfile
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from os import fsencode
from pathlib import Path

import click
import duckdb
import numpy as np
import pyarrow as pa

from scripts import erasures, export_records, raw_tables, redaction
from scripts.export_files import (
    BLOCK_BYTES,
    find_exports,
    hash_file,
    open_export,
    plainly,
)
from scripts.options import exports_dir_option, warehouse_option
from scripts.raw_warehouse import LandingError, open_warehouse, transaction

# Files land in groups, each in one transaction and one statement per feed: a statement
# and a commit for every small daily file would cost three times as much, and each
# statement ends with part of a row group that one thread writes.
GROUP_BYTES = 512 << 20
BLOCKS_AHEAD = 64  # so that neither side waits where the other has a slow moment
# What DuckDB raises where the warehouse cannot be written: no file is to blame.
OF_THE_WAREHOUSE = (
    duckdb.IOException,
    duckdb.TransactionException,
    duckdb.FatalException,
)
LINES = pa.schema(
    {
        "file_id": pa.int64(),
        "line_number": pa.int64(),
        "line": pa.string(),
        "extra": pa.string(),
    }
)
REJECTED = pa.schema(
    {
        "file_id": pa.int64(),
        "file_path": pa.string(),
        "line_number": pa.int64(),
        "reason": pa.string(),
        "line": pa.string(),
        "line_bytes": pa.binary(),
    }
)


@dataclass
class LandedFile:
    """What became of one file, now or, where `is_skipped`, in an earlier run."""

    file_path: str
    feed: str
    byte_count: int = 0
    content_hash: str | None = None
    line_count: int = 0
    row_count: int = 0
    rejected_count: int = 0
    blank_count: int = 0
    error: str | None = None
    is_skipped: bool = False

    def __str__(self):
        parts = [self.error, f"{self.row_count:,} rows", "unchanged" * self.is_skipped]
        if self.rejected_count:
            parts.insert(2, f"{self.rejected_count:,} rejected lines")
        return f"{self.file_path}: {', '.join(filter(None, parts))}"


LANDED = [column.name for column in fields(LandedFile)][:-1]  # but not is_skipped


@dataclass
class LandingReport:
    """Every file of a run, and how many had another extension."""

    files: list[LandedFile] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)

    @property
    def landed(self):
        return [f for f in self.files if not f.is_skipped and f.content_hash]

    @property
    def skipped(self):
        return [f for f in self.files if f.is_skipped]

    @property
    def failed(self):
        return [f for f in self.files if f.error]

    @property
    def rows(self):
        return sum(f.row_count for f in self.landed)

    @property
    def rejected(self):
        return sum(f.rejected_count for f in self.landed)

    def exit_code(self, strict=False):
        """0 fine, 1 a file has an error; strict: 3 where anything was rejected.

        Unchanged files count too: a fault stays one until the file is mended.
        """
        if strict and (self.failed or any(f.rejected_count for f in self.files)):
            return 3
        return 1 if self.failed else 0

    def __str__(self):
        return (
            f"{len(self.landed):,} files landed with {self.rows:,} rows and "
            f"{self.rejected:,} rejected lines, {len(self.skipped):,} unchanged, "
            f"{len(self.failed):,} with an error"
        )


def land(exports_dir, warehouse_path, redact_contacts=False):
    """Land what is new below `exports_dir` in the DuckDB file `warehouse_path`.

    With `redact_contacts`, e-mail addresses, phone and card numbers in texts do not
    get there (redaction.py).

    Returns a LandingReport and prints it as it goes. A file that cannot be read is
    part of it; raises LandingError when nothing (more) can land: there is no such
    folder, the warehouse is held by another process, is no DuckDB file, declares other
    columns, or cannot be written, such as on a full disk.
    """
    root = Path(exports_dir)
    if not root.is_dir():
        raise LandingError(f"there is no exports folder {root}")
    exports, others = find_exports(root)
    report = LandingReport(passed_over=[stored_path(root, path) for path in others])
    with open_warehouse(warehouse_path) as warehouse, _progress(exports) as on_bytes:
        # Rows are appended once: to merge row groups would write many of them again.
        warehouse.execute("set max_vacuum_tasks = 0")
        erased = erasures.ErasedIds(warehouse_path)
        known, new = _sort_out(warehouse, root, exports)
        report.files += known
        on_bytes(sum(file.byte_count for file in known))
        for file in (file for file in known if file.error):
            tell(file)
        options = (on_bytes, erased, redact_contacts)
        for file in _land_groups(warehouse, _groups(new), options):
            report.files.append(file)
            tell(file)
    if others:
        first = ", ".join(report.passed_over[:3])
        click.echo(f"Passed over {len(others)} files of other kinds, such as {first}")
    click.echo(report)
    return report


def tell(file):
    is_terminal = sys.stdout.isatty()
    if file.error or file.rejected_count or not is_terminal:
        click.echo(f"\r{file}" if is_terminal else file)


def stored_path(root, path):
    name = fsencode(path.relative_to(root).as_posix())
    return name.decode("utf-8", "backslashreplace")


@contextmanager
def _progress(exports):
    """A function to tell of bytes read: a bar on a terminal, nothing elsewhere."""
    if not sys.stdout.isatty():
        yield lambda count: None
        return
    total = sum(_size(path) for path, _ in exports)
    with click.progressbar(length=total, label="Landing") as bar:
        yield bar.update


def _size(path):
    with suppress(OSError):  # told of when it lands
        return path.stat().st_size
    return 0


def _sort_out(warehouse, root, exports):
    columns = ", ".join(LANDED)
    rows = warehouse.execute(f"select {columns} from raw.landed_files").fetchall()
    known, new = sort_out(rows, root, exports)
    _forget_unread(warehouse, known)
    return known, new


def sort_out(rows, root, exports):
    """([LandedFile of what landed before], [(path, LandedFile) of what is to land]).

    `rows` are those of raw.landed_files, with the columns LANDED.
    """
    landed = {}
    for file in (LandedFile(*row, is_skipped=True) for row in rows):
        if file.content_hash:
            landed.setdefault((file.feed, file.file_path), {})[file.content_hash] = file
    known, new = [], []
    for path, feed in exports:
        name = stored_path(root, path)
        earlier = landed.get((feed, name))
        digest = None
        with suppress(OSError):  # told of when it lands
            digest = hash_file(path) if earlier else None
        if digest and digest in earlier:
            known.append(earlier[digest])
        else:
            new.append((path, LandedFile(name, feed)))
    return known, new


def _groups(files):
    """Parts of `files` of one feed and at most GROUP_BYTES, or of one larger file."""
    group, size = [], 0
    for path, file in files:
        byte_count = _size(path)
        if group and (size + byte_count > GROUP_BYTES or group[0][1].feed != file.feed):
            yield group
            group, size = [], 0
        group.append((path, file))
        size += byte_count
    if group:
        yield group


def _land_groups(warehouse, groups, options):
    """Lands each group in one transaction; yields what became of each file."""
    ahead = _read_ahead(_read_groups(groups, _next_file_id(warehouse), options))
    for lines, items in groupby(ahead, key=itemgetter(0)):
        try:
            with transaction(warehouse):
                _insert(warehouse, lines, lines.checked(item for _, item in items))
            yield from lines.files.values()
        except (OSError, duckdb.Error) as error:
            if isinstance(error, OF_THE_WAREHOUSE) and not lines.failure:
                raise
            yield from _land_apart(warehouse, lines, error, options)


def _land_apart(warehouse, lines, error, options):
    """Lands what it can of a group that could not land as a whole."""
    fresh = [(path, LandedFile(f.file_path, f.feed)) for path, f in lines.group]
    if len(fresh) > 1:  # whichever it was, the others land
        yield from _land_groups(warehouse, ([one] for one in fresh), options)
        return
    file = fresh[0][1]
    # It stays without a hash: the next run tries again.
    file.error = plainly(lines.failure or error)
    with transaction(warehouse):
        _record(warehouse, {_next_file_id(warehouse): file})
    yield file


def _read_groups(groups, file_id, options):
    """The Lines of each group beside None, then beside each of their batches.

    So a group without lines has its turn, too. An error is the last item of its group.
    """
    for group in groups:
        lines = Lines(group, file_id, *options)
        file_id += len(group)
        yield lines, None
        try:
            for batch in lines:
                yield lines, batch
                # What is large takes the place of others ahead.
                for _ in range(batch.nbytes // BLOCK_BYTES):
                    yield lines, None
        except Exception as error:
            yield lines, error


def _read_ahead(items):
    """The items of a generator, made in a thread while earlier ones are in use."""
    reader = ThreadPoolExecutor(1)
    ahead = deque(reader.submit(next, items, None) for _ in range(BLOCKS_AHEAD))
    try:
        while item := ahead.popleft().result():
            ahead.append(reader.submit(next, items, None))
            yield item
    finally:
        reader.shutdown(cancel_futures=True)


def _insert(warehouse, lines, batches):
    structure = json.dumps(raw_tables.FEEDS[lines.feed])
    landed_at = datetime.now(UTC).replace(tzinfo=None)
    warehouse.register("incoming", pa.RecordBatchReader.from_batches(LINES, batches))
    warehouse.execute(
        f"insert into raw.{lines.feed} by name select unnest(record), extra as _extra,"
        " file_id as _file_id, line_number as _line_number, $1 as _landed_at from ("
        f" select from_json(line, '{structure}') as record, file_id, line_number, extra"
        " from incoming)",
        [landed_at],
    )
    with lines.rejected() as rejected:
        warehouse.register("incoming", rejected)
        warehouse.execute(
            "insert into raw.rejected_lines by name select * exclude (file_id),"
            " file_id as _file_id, $1 as feed from incoming",
            [lines.feed],
        )
    for (file_id, name, kind), count in sorted(lines.drift.items()):
        warehouse.execute(
            "insert into raw.file_drift values (?, ?, ?, ?, ?)",
            [file_id, lines.feed, name, kind, count],
        )
    _record(warehouse, lines.files, landed_at)


def _next_file_id(warehouse):
    query = "select coalesce(max(file_id), 0) + 1 from raw.landed_files"
    return warehouse.execute(query).fetchall()[0][0]


def _record(warehouse, files, landed_at=None):
    """Writes the rows of raw.landed_files, of {file_id: LandedFile}."""
    _forget_unread(warehouse, files.values())
    landed_at = landed_at or datetime.now(UTC).replace(tzinfo=None)
    rows = [
        {"file_id": file_id, **asdict(file), "landed_at": landed_at}
        for file_id, file in files.items()
    ]
    warehouse.register("incoming", pa.Table.from_pylist(rows))
    warehouse.execute(
        "insert into raw.landed_files by name"
        " select * exclude (is_skipped) from incoming"
    )
    warehouse.unregister("incoming")


def _forget_unread(warehouse, files):
    """Drops the rows which say that these files could not be read at all."""
    unread = warehouse.execute(
        "select feed, file_path from raw.landed_files where content_hash is null"
    ).fetchall()
    for feed, path in {(file.feed, file.file_path) for file in files} & set(unread):
        warehouse.execute(
            "delete from raw.landed_files"
            " where feed = ? and file_path = ? and content_hash is null",
            [feed, path],
        )


class Lines:
    """Iterates over the lines of files as Arrow batches; tallies on the way.

    A file is never in memory whole; rejected lines wait in a file of their own.
    """

    def __init__(self, group, file_id, on_bytes, erased, redact_contacts=False):
        self._erased = erased
        self.group, self._file_id, self._on_bytes = group, file_id, on_bytes
        self._redact_contacts = redact_contacts
        self.feed = group[0][1].feed
        self.files, self.drift, self.failure = {}, Counter(), None
        self._clean = export_records.clean_reader(self.feed)
        self._spill = tempfile.TemporaryFile()  # noqa: SIM115
        self._rejected = pa.ipc.new_stream(self._spill, REJECTED)

    def __iter__(self):
        for file_id, (path, file) in enumerate(self.group, self._file_id):
            self.files[file_id] = file
            try:
                source = open_export(path, self._on_bytes)
            except OSError as error:
                file.error = plainly(error)
                continue
            for block in source.blocks():
                yield self._batch(file_id, block)
            file.line_count, file.error = source.line_count, source.error
            file.byte_count, file.content_hash = source.close()

    def checked(self, items):
        """The batches among items; raises and keeps an error among them."""
        for item in items:
            if isinstance(item, Exception):
                self.failure = item  # DuckDB will hide it in a message of its own
                raise item
            if item:
                yield item

    def _batch(self, file_id, block):
        file = self.files[file_id]
        first = file.row_count + file.rejected_count + file.blank_count + 1
        try:
            if self._redact_contacts or self._erased.are_in(block):
                raise ValueError("only the slow way looks into texts")
            texts = self._clean.read_block(block)
            numbers = np.arange(first, first + len(texts))
            extras = pa.nulls(len(texts), pa.string())
        except export_records.NOT_CLEAN:
            lines = block.split(b"\n")
            numbers, texts, extras = self._read_each(file_id, file, lines, first)
        file.row_count += len(texts)
        arrays = [np.full(len(texts), file_id), numbers, texts, extras]
        return pa.record_batch(arrays, schema=LINES)

    def _read_each(self, file_id, file, lines, first):
        """(line numbers, JSON texts, extras) of the lines that land; keeps the rest."""
        records, rejected = {}, []
        for number, line in enumerate(lines, first):
            if not line.strip():
                file.blank_count += 1
                continue
            try:
                records[number] = record = self._read(line)
                for name, kind in record.drift:
                    self.drift[file_id, name, kind] += 1
            except export_records.Rejected as rejection:
                reason = str(rejection)
                if self._erased.are_in(line):
                    reason, line = erasures.REASON, b""
                elif self._redact_contacts:
                    line = redaction.redact_line(line)
                text = line.decode("utf-8", "replace")
                row = (file_id, file.file_path, number, reason, text, line)
                rejected.append(dict(zip(REJECTED.names, row, strict=True)))
        file.rejected_count += len(rejected)
        self._rejected.write_batch(pa.RecordBatch.from_pylist(rejected, REJECTED))
        texts = [record.text for record in records.values()]
        return list(records), texts, [record.extra for record in records.values()]

    def _read(self, line):
        if self._erased.are_in(line):
            raise export_records.Rejected(erasures.REASON)
        if self._redact_contacts:
            return export_records.read_slowly(line, self.feed, redact_contacts=True)
        try:
            return export_records.Record(self._clean.read(line))
        except export_records.NOT_CLEAN:
            return export_records.read_slowly(line, self.feed)

    @contextmanager
    def rejected(self):
        """A RecordBatchReader of the rejected lines."""
        self._rejected.close()
        self._spill.seek(0)
        with self._spill, pa.ipc.open_stream(self._spill) as reader:
            yield reader


HELP = """
Land new export files (.jsonl, .jsonl.gz, .jsonl.zst, .parquet, in any subfolder of
events/, conversations/ and support_metrics/) in the schema raw of a DuckDB file.

\b
Examples:
  python -m scripts.land_exports                          the bundled sample exports
  python -m scripts.land_exports --exports-dir /data/in   your own
  python -m scripts.land_exports --strict                 fail on any rejected line

\b
Exit codes:
  0  done
  1  a file could not be read (the others are landed), or nothing could land
  2  wrong use
  3  done, but lines or files were rejected (only with --strict)
"""


@click.command(help=HELP)
@exports_dir_option
@warehouse_option("to land in, made where it is not", exists=False)
@click.option(
    "--redact-contacts",
    envvar="REDACT_CONTACTS",
    is_flag=True,
    help="Take e-mail addresses, phone and card numbers out. [env REDACT_CONTACTS]",
)
@click.option("--strict", is_flag=True, help="Exit 3 when anything was rejected.")
def main(exports_dir, warehouse, redact_contacts, strict):
    if not exports_dir.is_dir():
        raise click.UsageError(
            f"There is no folder {exports_dir}. Name yours with --exports-dir."
        )
    try:
        report = land(exports_dir, warehouse, redact_contacts)
    except (LandingError, OSError) as error:
        raise click.ClickException(str(error)) from None
    sys.exit(report.exit_code(strict))


if __name__ == "__main__":
    main()
