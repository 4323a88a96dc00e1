"""Export files: which there are, and their bytes as blocks of lines.

What a file is, its first bytes say, not its name: gzip, zstd, parquet or plain lines.
Bytes are read once and hashed as they are read, so the hash in raw.landed_files is that
of what landed even where a file grows meanwhile.
"""

import gzip
import hashlib
import os
import re
import stat
from contextlib import suppress
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from scripts import raw_tables

SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
BLOCK_BYTES = 4 << 20  # of 1 MB, a tenth more time: each waits for the interpreter
LINE_LIMIT = 256 << 20
PARQUET_ROWS = 1024
BOM = b"\xef\xbb\xbf"


def find_exports(root):
    """([(path, feed)] sorted by path, [paths with other extensions]) below `root`."""
    exports, others = [], []
    for feed in raw_tables.FEEDS:
        unreadable = []
        for folder, folders, names in os.walk(
            Path(root, feed), onerror=unreadable.append
        ):
            folders[:] = [name for name in folders if not name.startswith(".")]
            # Spark writes folders called events.parquet: odd only when empty.
            odd = [n for n in folders if _is_export(n) and _is_empty(Path(folder, n))]
            for name in names + odd:
                if _is_export(name):
                    exports.append((Path(folder, name), feed))
                elif not name.startswith("."):
                    others.append(Path(folder, name))
        exports += [
            (Path(e.filename), feed) for e in unreadable if os.path.lexists(e.filename)
        ]
    return sorted(exports), sorted(others)


def _is_export(name):
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def _is_empty(folder):
    with suppress(OSError):
        return not any(folder.iterdir())
    return False  # os.walk tells of it


def open_export(path, on_bytes):
    """The source of a file: LineSource or ParquetSource; raises OSError."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        os.listdir(path)  # noqa: PTH208  # raises what makes it unreadable
    if not stat.S_ISREG(mode):
        raise OSError("it is a folder or a device")
    with path.open("rb") as file:
        head = file.read(4)
    if head == b"PAR1" or path.name.lower().endswith(".parquet"):
        return ParquetSource(path, on_bytes)
    return LineSource(HashingFile(path, on_bytes), head)


def hash_file(path):
    """SHA-256 of the bytes of a file, as hexadecimal text; raises OSError."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plainly(error):
    """An exception of reading a file as one line that a person understands."""
    if isinstance(error, EOFError) or "Truncated compressed" in str(error):
        return "the compressed file is cut short"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror.lower()}"
    text = str(error).strip().partition("\n")[0] or type(error).__name__
    return f"cannot be read: {re.sub('^[A-Z][A-Za-z ]* Error: ', '', text)}"


class HashingFile:
    """A file open for reading that counts and hashes what is read of it."""

    closed = False

    def __init__(self, path, on_bytes):
        self._file = path.open("rb")
        self._sha256, self._on_bytes = hashlib.sha256(), on_bytes
        self.byte_count = 0

    def read(self, size=-1):
        data = self._file.read(size)
        self._sha256.update(data)
        self.byte_count += len(data)
        self._on_bytes(len(data))
        return data

    def close(self):
        """Does nothing: Arrow closes what it unpacks, before all of it is hashed."""

    def content_hash(self, to_the_end=False):
        """The hash of what was read, or of all the file."""
        with self._file:
            while to_the_end and self.read(BLOCK_BYTES):
                pass
        return self._sha256.hexdigest()


class LineSource:
    """Lines of a plain or compressed file; `error` says why they ended too early.

    `line_count` counts line ends in the bytes, apart from what becomes of the lines.
    """

    def __init__(self, file, head):
        self._file, self._head = file, head
        self.line_count, self.error = 0, None

    def blocks(self):
        """Blocks of whole lines joined by newlines, without one at the end."""
        pending, size = [], 0
        for chunk in self._chunks():
            newlines = np.frombuffer(chunk, np.uint8) == ord("\n")
            self.line_count += np.count_nonzero(newlines)  # a third of bytes.count
            end = chunk.rfind(b"\n")
            size += len(chunk)
            if end >= 0 and size >= BLOCK_BYTES:
                yield b"".join([*pending, chunk[:end]])
                pending, size = [chunk[end + 1 :]], len(chunk) - end - 1
                continue
            pending.append(chunk)
            if size > LINE_LIMIT:
                self.error = f"a line is longer than {LINE_LIMIT >> 20} MB"
                whole, newline, _ = b"".join(pending).rpartition(b"\n")
                pending = [whole + newline]
                break
        block = b"".join(pending)
        if block:
            self.line_count += not block.endswith(b"\n")
            yield block.removesuffix(b"\n")

    def _chunks(self):
        """The bytes of the file, unpacked and without a byte order mark."""
        try:
            read = self._unpacked()
            first = read()
            while len(first) < len(BOM) and (more := read()):
                first += more
            yield first.removeprefix(BOM)
            while chunk := read():
                yield chunk
        except (OSError, EOFError, gzip.zlib.error) as error:
            self.error = plainly(error)

    def _unpacked(self):
        if self._head.startswith(b"\x1f\x8b"):
            # read1 gives all that is there before it raises: a cut file lands so far.
            unpacked = gzip.GzipFile(fileobj=self._file)
            return lambda: unpacked.read1(BLOCK_BYTES)
        if self._head == b"\x28\xb5\x2f\xfd":
            packed = pa.PythonFile(self._file, "r")
            unpacked = pa.CompressedInputStream(packed, "zstd")
            return lambda: unpacked.read(BLOCK_BYTES >> 4)
        return lambda: self._file.read(BLOCK_BYTES)

    def close(self):
        """(byte_count, content_hash) of the file."""
        # Only an error leaves bytes unread; what came since is for the next run.
        content_hash = self._file.content_hash(to_the_end=bool(self.error))
        return self._file.byte_count, content_hash


class ParquetSource:
    """Rows of a parquet file as lines of JSON."""

    def __init__(self, path, on_bytes):
        self._path, self._on_bytes = path, on_bytes
        self._content_hash = hash_file(path)
        self.line_count, self.error = 0, None

    def blocks(self):
        """Blocks of lines joined by newlines, as of a LineSource."""
        # A path in read_parquet is a pattern: [*] stands for an asterisk.
        pattern = re.sub(r"([*?\[])", r"[\1]", str(self._path))
        read = 0
        with duckdb.connect() as connection:
            try:
                connection.execute("set TimeZone = 'UTC'")
                self.line_count = connection.execute(
                    "select coalesce(sum(num_rows), 0)::bigint"
                    " from parquet_file_metadata(?)",
                    [pattern],
                ).fetchall()[0][0]
                rows = connection.execute(
                    "select to_json(record)::varchar"
                    " from read_parquet(?, hive_partitioning = false) as record",
                    [pattern],
                )
                while part := rows.fetchmany(PARQUET_ROWS):
                    read += len(part)
                    yield "\n".join(line for (line,) in part).encode()
            except duckdb.Error as error:
                self.error, self.line_count = plainly(error), read

    def close(self):
        """(byte_count, content_hash) of the file."""
        if hash_file(self._path) != self._content_hash:
            raise OSError("it changed while it was read")
        byte_count = self._path.stat().st_size
        self._on_bytes(byte_count)
        return byte_count, self._content_hash
