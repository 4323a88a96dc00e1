"""One line of an export: clean, to be mended, or to be rejected.

A clean line fits the declared record type (raw_tables.py): msgspec says so, a block of
lines at a time, and it lands as it came. Every other line is read by the standard
library, value by value: what fits its type stays, what does not fit and every field
that is not declared go to `extra`, word for word. DuckDB reads the same values from
both (tests/python/test_land_exports.py holds them against each other), the first of a
key that an object has twice.
"""

import gc
import json
import math
import re
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scripts import raw_tables, redaction

UNKNOWN, MISFIT = "unknown field", "value does not fit"
NOT_CLEAN = (msgspec.MsgspecError, ValueError, RecursionError)
DECODED_BYTES = 256 << 10  # the records of more leave the cache of a core


class Rejected(Exception):
    """A line that is not one JSON object; the text is the reason, for people."""


class Record(NamedTuple):
    """A line that lands: its JSON text, what did not fit, and the drift it shows."""

    text: bytes
    extra: str | None = None
    drift: frozenset = frozenset()


class OutOfRange(str):
    """The text of a number that no double can hold, such as 1e999."""


class CleanReader:
    """Reads clean lines of a feed: `read(line)` raises one of NOT_CLEAN on others."""

    def __init__(self, feed):
        declared = raw_tables.FEEDS[feed]
        record = raw_tables.msgspec_type(declared)
        # strict=False takes the INT64 as text that BigQuery writes. It takes more than
        # we do, too: "5.0" and "1e3" as integers, "null" as null.
        self._decoder = msgspec.json.Decoder(record, strict=False)
        # Scalars are always values of a field. With the colon in front RE2 is twice as
        # fast as with the quote, and three times as with (?i:null).
        self._doubtful = r':[ \t\r\n]*"(?:[nN][uU][lL][lL]"|-?[0-9]+[.eE][-+.0-9eE]*")'
        self._is_doubtful = re.compile(self._doubtful.encode()).search
        self._has_scalars = any(
            raw_tables.fields_of_type(declared, kind)
            for kind in ("BIGINT", "DOUBLE", "BOOLEAN")
        )

    def read(self, line):
        """The line, where it is clean."""
        if self._has_scalars and self._is_doubtful(line):
            raise ValueError("msgspec may read more into this line than we do")
        self._decoder.decode(line)
        return line

    def read_block(self, block):
        """The lines of a block that are all clean: an Arrow column.

        Raises one of NOT_CLEAN on any other block. Decoding many lines takes two
        records on a line or one on two for as many lines, so where lines end is checked
        apart: between a closing and an opening brace a newline is always between
        records, and as many records as lines is then one on each.
        """
        if not (block.startswith(b"{") and block.endswith(b"}")):
            raise ValueError("a line is more or less than an object")
        data = np.frombuffer(block, np.uint8)
        newlines = (data == ord("\n")).nonzero()[0]
        if (data[newlines - 1] != ord("}")).any() or (
            data[newlines + 1] != ord("{")
        ).any():
            raise ValueError("a line is more or less than an object")
        if self._has_scalars and self._block_is_doubtful(block):
            raise ValueError("msgspec may read more into this block than we do")
        # A line keeps its newline: so one follows on the other, as Arrow wants it.
        ends = np.append(newlines + 1, len(block))
        with _without_garbage_collection():
            decode = self._decoder.decode_lines
            records = sum(len(decode(piece)) for piece in _pieces(block, ends))
        if records != len(ends):
            raise ValueError("a line is more or less than an object")
        offsets = pa.py_buffer(np.append(0, ends).astype(np.int32))
        return pa.StringArray.from_buffers(len(ends), offsets, pa.py_buffer(block))

    def _block_is_doubtful(self, block):
        # RE2 in Arrow goes through a block ten times faster than Python's re.
        offsets = pa.py_buffer(np.array([0, len(block)], np.int64))
        buffers = [None, offsets, pa.py_buffer(block)]
        blocks = pa.Array.from_buffers(pa.large_binary(), 1, buffers)
        return pc.match_substring_regex(blocks, self._doubtful)[0].as_py()


clean_reader = cache(CleanReader)


def _pieces(block, ends):
    """Parts of whole lines of a block, each little more than DECODED_BYTES."""
    marks = np.arange(DECODED_BYTES, len(block), DECODED_BYTES)
    cuts = np.unique([0, *ends[np.searchsorted(ends, marks)], len(block)]).tolist()
    whole = memoryview(block)
    return (whole[start:end] for start, end in pairwise(cuts))


@contextmanager
def _without_garbage_collection():
    """Decoded records hold no cycles; looking for some doubles the time it takes."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def read_slowly(line, feed, redact_contacts=False):
    """A Record of any line that is a JSON object; raises Rejected on all others."""
    try:
        value, out_of_range = _object(line)
        if redact_contacts:
            value = redaction.redact(value)
        return _mended(value, out_of_range, raw_tables.FEEDS[feed])
    except RecursionError:
        raise Rejected("nested too deep") from None
    except UnicodeEncodeError:
        raise Rejected("half of a surrogate pair (\\ud800 to \\udfff) alone") from None


def _object(line):
    """The object of a line, and whether a number in it is out of range."""
    out_of_range = []

    def number(text):
        value = float(text)
        if math.isfinite(value):
            return value
        out_of_range.append(text)
        return OutOfRange(text)

    try:
        text = line.removesuffix(b"\r").decode()
    except UnicodeDecodeError as error:
        raise Rejected(f"not valid UTF-8 at byte {error.start + 1}") from None
    try:
        value = json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=number,
            object_pairs_hook=first_of_each_key,
        )
    except json.JSONDecodeError as error:
        raise Rejected(_why_not_json(error)) from None
    except ValueError:  # Python's limit on the digits of an integer
        raise Rejected("not valid JSON: a number of more than 4300 digits") from None
    if not isinstance(value, dict):
        kinds = {list: "an array", str: "a string", bool: "a boolean"}
        kind = "null" if value is None else kinds.get(type(value), "a number")
        raise Rejected(f"not a JSON object but {kind}")
    return value, bool(out_of_range)


def first_of_each_key(pairs):
    """The object of (key, value) pairs; of equal keys the first, as DuckDB has it."""
    value = dict(pairs)
    if len(value) < len(pairs):
        value.update(reversed(pairs))
    return value


def _no_constant(name):
    raise Rejected(f"not valid JSON: {name} is not a JSON number")


def _why_not_json(error):
    rest = error.doc[error.pos :].rstrip()
    cut_word = any(word.startswith(rest) for word in ("true", "false", "null", "-"))
    if cut_word or error.msg.startswith("Unterminated string"):
        return "the line ends in the middle of a value"
    message = error.msg[0].lower() + error.msg[1:]
    return f"not valid JSON: {message} at character {error.pos + 1}"


def _mended(value, out_of_range, declared):
    misfits = Misfits(out_of_range)
    fitting = misfits.fit(value, declared, "")
    text = json.dumps(fitting, ensure_ascii=False, separators=(",", ":")).encode()
    if not misfits.extra:
        return Record(text)
    extra = json.dumps(misfits.extra, ensure_ascii=False)
    extra.encode()  # refuse half of a surrogate pair here too
    return Record(text, extra, frozenset(misfits.drift))


class Misfits:
    """Fits a value into a declared type and collects what does not fit."""

    def __init__(self, out_of_range):
        self.extra, self.drift = {}, set()
        self._out_of_range = out_of_range

    def fit(self, value, declared, path):
        """The value as its type has it, None where it does not fit."""
        if value is None:
            return None
        if isinstance(declared, dict) and isinstance(value, dict):
            return self._fit_object(value, declared, path)
        if isinstance(declared, list) and isinstance(value, list):
            return [
                self.fit(item, declared[0], f"{path}[{position}]")
                for position, item in enumerate(value)
            ]
        if declared == "JSON":
            # Python recurses less deep than the parser: go in only where it is needed.
            return self._within_range(value, path) if self._out_of_range else value
        fitting = None
        if isinstance(declared, str):
            fitting = COERCE[declared](value, path.rpartition(".")[2])
        return self._keep(value, path, MISFIT) if fitting is None else fitting

    def _fit_object(self, value, declared, path):
        prefix = f"{path}." if path else ""
        fitting = {
            name: self.fit(value.get(name), part, prefix + name)
            for name, part in declared.items()
        }
        for name in value:  # in its order: a difference of sets has another each run
            if name not in declared:
                self._keep(value[name], prefix + name, UNKNOWN)
        return {name: part for name, part in fitting.items() if part is not None}

    def _within_range(self, value, path):
        if type(value) is OutOfRange:
            return self._keep(value, path, MISFIT)
        if isinstance(value, dict):
            return {k: self._within_range(v, f"{path}.{k}") for k, v in value.items()}
        if isinstance(value, list):
            items = enumerate(value)
            return [self._within_range(v, f"{path}[{i}]") for i, v in items]
        return value

    def _keep(self, value, path, kind):
        self.extra[path] = value
        self.drift.add((re.sub(r"\[\d+\]", "[]", path), kind))


def _as_integer(value, _name):
    if isinstance(value, str):
        try:
            value = int(value.strip())
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    fits = value == int(value) and raw_tables.INT64_MIN <= value <= raw_tables.INT64_MAX
    return int(value) if fits else None


def _as_double(value, _name):
    try:
        number = float(value.strip() if isinstance(value, str) else value)
    except (ValueError, TypeError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _as_boolean(value, _name):
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return {1: True, 0: False}.get(value) if isinstance(value, int | float) else None


def _as_text(value, name):
    if type(value) in (int, float) and name.endswith(("_id", "Id")):
        return str(value)
    no_id = value == "" and raw_tables.is_id(name)
    return value if type(value) is str and not no_id else None


COERCE = {
    "BIGINT": _as_integer,
    "DOUBLE": _as_double,
    "BOOLEAN": _as_boolean,
    "VARCHAR": _as_text,
}
