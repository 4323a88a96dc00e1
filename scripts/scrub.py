"""Takes people out of rows that stay, so that no total changes.

Of a record that landed stays what counts: numbers, truths, times, and the texts that
are a choice out of a few (KEPT and what the seeds name). A reason is one where five
conversations share it, else somebody's own words. Every other text goes. From then on
the tables behind are changed by value: what equals, holds or is part of a text that
went, goes too. Ids of the conversation become a token that means nothing.
"""

import csv
import hashlib
import json
import secrets
import string
from pathlib import Path

import pyarrow as pa

from scripts import raw_tables

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
# Fields, at any depth of a record, whose text is a choice out of a few.
KEPT = {
    *("event_type", "metric_name", "timestamp", "channel", "sender", "intent"),
    *("resolved", "status", "direction", "variant", "experiment", "source"),
    *("startTimestamp", "updateTimestampUtc", "languageCode", "medium", "type"),
    *("participantRole", "displayName", "correctnessLevel", "key", "issueId"),
    *("issueModelId", "agentId", "agentType", "agentTeam", "label", "section"),
}
NAMES_OF = {"issues"}  # a `name` in these is a choice, too
# Roles of event_meanings.csv whose value says why.
REASON_ROLES = {"fallback", "error", "escalation", "disqualification"}
SHARED_BY = 5  # as in marts.incident_reasons
IDS = {"conversation_id", "conversationName", "event_id", "message_id", "participantId"}
CUSTOMERS = {"customer_id", "obfuscatedExternalUserId", "external_user_id"}
KEYS = ("event_key", "point_key")  # hashes of what was said
SCALARS = ("VARCHAR", "VARCHAR[]")
LOAD_COLUMNS = ("_file_id", "_line_number", "_landed_at")


def kept_fields():
    """KEPT and the properties that seeds read."""
    kept = set(KEPT)
    for file, columns in (
        ("segments/segment_properties.csv", ["property"]),
        ("events/event_meanings.csv", ["condition_property", "value_property"]),
    ):
        with (SEEDS / file).open(newline="") as rows:
            for row in csv.DictReader(rows):
                kept |= {row[column] for column in columns if row[column]}
    return kept


def reason_fields():
    """The properties that say why; `reason` of support metrics among them."""
    with (SEEDS / "events/event_meanings.csv").open(newline="") as rows:
        return {
            row["value_property"]
            for row in csv.DictReader(rows)
            if row["role"] in REASON_ROLES and row["value_property"]
        }


def shared_reasons(connection, reasons, leaving):
    """The reasons that enough conversations share, those that leave not counted."""
    rows = connection.execute(
        "with told as ("
        " select conversation_id, properties as given from raw.events"
        " union all select conversation_id, dimension from raw.support_metrics)"
        " select reason from ("
        " select conversation_id,"
        " trim(unnest(json_extract_string(given, $1))) as reason"
        " from told where not list_contains($2, conversation_id))"
        f" group by reason having count(distinct conversation_id) >= {SHARED_BY}",
        [[f'$."{name}"' for name in sorted(reasons)], list(leaving)],
    ).fetchall()
    return {reason for (reason,) in rows}


class Scrubber:
    """Scrubs the values of one conversation; remembers what it took out.

    Of the fields `reasons` only the texts `shared` stay.
    """

    def __init__(self, fields, reasons, shared, tokens, keeps_ids):
        # Forgotten twice a record has to end the same; erased ones land no more.
        self._fields, self._salt = fields, "" if keeps_ids else secrets.token_hex(16)
        self._reasons, self._shared = reasons, shared
        self._removed, self._kept, self._took_text = set(), set(), False
        self._tokens, self._keeps_ids = tokens, keeps_ids
        self._new_ids = dict(tokens)

    def record(self, row):
        """A record of an export, as raw tables hold it."""
        record = {name: row[name] for name in row if name not in LOAD_COLUMNS}
        self._took_text = False
        scrubbed = self._walk(record, "", "")
        if not self._took_text:
            return scrubbed
        # Two records that only their texts told apart stay two.
        mark = self._mark(json.dumps(record, sort_keys=True))
        return {**scrubbed, "_extra": {**(scrubbed["_extra"] or {}), "erased": mark}}

    def _mark(self, text):
        return hashlib.sha256((self._salt + text).encode()).hexdigest()[:16]

    def nested(self, value):
        return self._walk(value, "", "")

    def _walk(self, value, field, parent):
        if isinstance(value, dict):
            names = dict(value)
            is_choice = names.get("key") in self._fields
            return {
                name: self._walk(
                    part, names["key"] if is_choice and name == "value" else name, field
                )
                for name, part in value.items()
            }
        if isinstance(value, list):
            return [self._walk(part, field, parent) for part in value]
        return self._text(value, field, parent) if isinstance(value, str) else value

    def _text(self, text, field, parent):
        if field in IDS:
            return self._id(text, is_shared=field == "participantId")
        if field in CUSTOMERS:
            return self._tokens.get(text, text)
        if (
            self._keeps_ids
            and (parent, field) == ("_extra", "erased")
            and _is_mark(text)
        ):
            return text  # of a record that is forgotten already
        if field in self._reasons:
            is_choice = text.strip() in self._shared
        else:
            is_choice = field in self._fields or (
                field == "name" and parent in NAMES_OF
            )
        if is_choice:
            self._kept.add(text)
            return text
        if field == "value" and _is_number(text):
            return text
        try:  # a text that holds JSON
            inner = json.loads(text)
        except ValueError:
            inner = None
        if isinstance(inner, dict | list | str):
            return json.dumps(self._walk(inner, field, parent))
        if text:
            self._removed.add(text)
            self._took_text = True
        return None

    def _id(self, text, is_shared):
        if self._keeps_ids:  # though another field may hold it too, and go
            self._kept |= {text, text.rpartition("/")[2]}
            return text
        last = text.rpartition("/")[2]
        new = self._tokens.get(last) or f"erased-{self._mark(text)}"
        if not is_shared:  # `bot` is a participant, and a sender
            self._new_ids[text] = new
        return new

    def derived(self, text, column, contains_text):
        """A text of a table behind raw, by what it holds."""
        is_shared = column in self._reasons and text.strip() in self._shared
        if contains_text and not is_shared:
            return None
        if text in self._new_ids:
            return self._new_ids[text]
        is_id = column.endswith(("_id", "_ids", "_key"))
        if text in self._kept or (self._keeps_ids and is_id):
            return text
        if column in ("participant_id", *KEYS):
            return f"erased-{self._mark(text)}"
        if column == "message_template":  # of a text, in lower case and with gaps
            return f"erased-{self._mark(text)}"
        if self._is_of_removed(text):
            return None
        for name in sorted(self._tokens, key=len, reverse=True):
            text = text.replace(name, self._tokens[name])
        return text

    def _is_of_removed(self, text):
        return text in self._removed or any(
            (len(removed) >= 8 and removed in text)
            or (len(text) >= 8 and " " in text and text in removed)
            for removed in self._removed
        )


def _is_mark(text):
    return len(text) == 16 and set(text) <= set(string.hexdigits)


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def conversations_of(connection, customer):
    """Ids of the conversations with a record that names a customer."""
    found = set()
    for feed in raw_tables.FEEDS:
        found |= {
            name
            for (name,) in connection.execute(
                f"select distinct {conversation_id(feed)} from raw.{feed} as t"
                " where contains(cast(to_json(t) as varchar), ?)",
                [json.dumps(customer, ensure_ascii=False)],
            ).fetchall()
            if name
        }
    return found


def conversation_id(feed):
    """The expression of a conversation's id in a raw table."""
    if feed == "conversations":
        return "split_part(conversationName, '/', -1)"
    return "conversation_id"


def scrub(connection, conversations, customers=(), keeps_ids=False, texts=frozenset()):
    """Scrubs conversations in every table of the warehouse: {table: rows changed}.

    `texts` are (table, column) of marts that hold what people wrote. Runs in the
    transaction of the caller.
    """
    reasons = reason_fields()
    shared = shared_reasons(connection, reasons, () if keeps_ids else conversations)
    # A customer is the same one in every conversation.
    names = () if keeps_ids else (*conversations, *customers)
    tokens = {name: f"erased-{secrets.token_hex(8)}" for name in names}
    given = (kept_fields(), reasons, shared, tokens, keeps_ids)
    nobody = Scrubber(*given)
    scrubbers = {name: Scrubber(*given) for name in conversations}
    changed = {}
    tables = _tables(connection)
    for table in sorted(tables, key=lambda table: table[0] != "raw"):
        schema, name = table
        if schema == "raw" and name not in raw_tables.FEEDS:
            continue
        owner = conversation_id(name) if schema == "raw" else "conversation_id"
        if owner == "conversation_id" and owner not in tables[table]:
            owner = "null"
        rows = _affected(connection, table, tables[table], owner, scrubbers, customers)
        new = []
        for rowid, of, text in rows:
            scrubber, row = scrubbers.get(of, nobody), json.loads(text)
            if schema == "raw":
                new.append((rowid, scrubber.record(row)))
            else:
                new.append((rowid, _derived(scrubber, row, name, tables[table], texts)))
        if new:
            changed[f"{schema}.{name}"] = len(new)
            _write(connection, table, tables[table], new)
    if not keeps_ids:
        changed |= _scrub_rejected(connection, [*conversations, *customers])
    return changed


def _tables(connection):
    """{(schema, table): {column: type}} of all tables but those of the system."""
    found = {}
    for schema, table, column, kind in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns()"
        " where database_name = current_database() and not internal"
        " and table_oid in (select table_oid from duckdb_tables())"
        " order by column_index"
    ).fetchall():
        found.setdefault((schema, table), {})[column] = kind
    return found


def _affected(connection, table, columns, owner, scrubbers, customers):
    """(rowid, conversation, row as JSON) of the rows that name one of them."""
    schema, name = table
    conditions, values = [], {}
    if owner != "null":
        conditions.append(f"list_contains($names, {owner})")
        values["names"] = list(scrubbers)
    for column, kind in columns.items():
        if owner == "null" and kind == "VARCHAR":
            conditions.append(f'list_contains($everyone, "{column}")')
        elif kind == "VARCHAR[]":
            conditions.append(f'list_has_any($everyone, "{column}")')
        elif owner != "null" and column in CUSTOMERS:
            conditions.append(f'list_contains($customers, "{column}")')
    text = " or ".join(conditions)
    if "$everyone" in text:
        values["everyone"] = [*scrubbers, *customers]
    if "$customers" in text:
        values["customers"] = list(customers)
    if not conditions:
        return []
    return connection.execute(
        f"select rowid, {owner}, cast(to_json(t) as varchar)"
        f' from "{schema}"."{name}" as t where {text}',
        values,
    ).fetchall()


def _derived(scrubber, row, table, columns, texts):
    new = {}
    for column, value in row.items():
        if value is None or columns[column] not in SCALARS:
            is_nested = isinstance(value, dict | list) or columns[column] == "JSON"
            new[column] = scrubber.nested(value) if is_nested else value
            continue
        is_text = (table, column) in texts
        if isinstance(value, list):
            parts = (scrubber.derived(part, column, is_text) for part in value if part)
            new[column] = [part for part in parts if part is not None]
        else:
            new[column] = scrubber.derived(value, column, is_text)
    return new


def _write(connection, table, columns, rows):
    """Writes the texts of rows, given as (rowid, values as JSON has them)."""
    schema, name = table
    textual = [
        column
        for column, kind in columns.items()
        if kind in ("VARCHAR", "JSON")
        or kind.endswith("]")
        or kind.startswith("STRUCT")
    ]
    incoming = pa.table(
        {
            "row": pa.array([rowid for rowid, _ in rows], pa.int64()),
            **{
                column: pa.array(
                    [_as_text(row.get(column), columns[column]) for _, row in rows],
                    pa.string(),
                )
                for column in textual
            },
        }
    )
    assignments = ", ".join(
        f'"{column}" = '
        + (
            f'incoming."{column}"'
            if columns[column] == "VARCHAR"
            else f'cast(cast(incoming."{column}" as json) as {columns[column]})'
        )
        for column in textual
    )
    connection.register("incoming", incoming)
    connection.execute(
        f'update "{schema}"."{name}" as t set {assignments} from incoming'
        " where t.rowid = incoming.row"
    )
    connection.unregister("incoming")


def _as_text(value, kind):
    if value is None or kind == "VARCHAR":
        return value
    return json.dumps(value, ensure_ascii=False)


def _scrub_rejected(connection, names):
    """Lines that could not be landed keep their number and reason only."""
    changed = 0
    for name in names:
        changed += connection.execute(
            "update raw.rejected_lines set line = '', line_bytes = ''::blob"
            " where contains(line, ?) and line != ''",
            [name],
        ).fetchall()[0][0]
    return {"raw.rejected_lines": changed} if changed else {}
