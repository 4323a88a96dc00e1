"""What redaction takes out of text, what it leaves, and that none of it lands."""

import json

import duckdb
import pytest

from scripts import redaction
from scripts.land_exports import land

CANARIES = ["jane.canary@example.com", "4111 1111 1111 1111", "+49 170 5550123"]
TEXT = f"write to {CANARIES[0]}, pay with {CANARIES[1]} or call {CANARIES[2]} today"
REDACTED = "write to [email], pay with [card] or call [phone] today"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEXT, REDACTED),
        ("<\u00fcn\u00ef+x@ex\u00e4mple.co.uk>", "<[email]>"),
        ("a@b and @handle", "a@b and @handle"),
        ("4111-1111-1111-1111", "[card]"),
        ("5105105105105100.", "[card]."),
        ("(555) 123-4567", "[phone]"),
        ("+1 (555) 123-4567x", "[phone]x"),
        ("0301234567", "[phone]"),
        ("order 12345678 of 26.10.2026", "order 12345678 of 26.10.2026"),
        ("on 2026-08-03 00:06", "on 2026-08-03 00:06"),
        ("$1,234,567.89", "$1,234,567.89"),
        ("1785717978000000001", "1785717978000000001"),
    ],
)
def test_what_looks_like_a_contact_is_replaced(text, expected):
    assert redaction.redact_text(text) == expected


def test_a_card_number_is_told_by_its_check_digit():
    assert redaction.redact_text("4111111111111111") == "[card]"
    assert redaction.redact_text("4111111111111112") == "4111111111111112"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("customer_id", "0301234567"),
        ("startTimestampUtc", "1785717978"),
        ("createTime", {"seconds": "1785717978"}),
        ("answerRecord", "projects/123456789012/answerRecords/0301234567"),
        ("confidence", "0.8734567891"),
        ("amount", 1785717978),
        ("record", '{ "seconds": "1785717978" }'),
    ],
)
def test_ids_times_and_numbers_stay(name, value):
    assert redaction.redact({name: value}) == {name: value}


def test_json_within_text_stays_json():
    inner = {"text": TEXT, "createTime": {"seconds": "1785717978"}, "n": 1785717978}
    found = json.loads(redaction.redact({"record": json.dumps(inner)})["record"])
    assert found == inner | {"text": REDACTED}


def planted():
    """{file: its bytes}: a canary in every place where text can be."""
    odd = {"unknown": [TEXT], "channel": {"deep": TEXT}}
    event = {"event_type": "a", "customer_id": "c1", "properties": {"content": TEXT}}
    annotations = [
        {"annotationRecord": json.dumps({"reply": TEXT}), "detailedFeedback": [TEXT]}
    ]
    conversation = {
        "conversationName": "projects/123456789012/conversations/c1",
        "startTimestampUtc": "1785717978",
        "transcript": TEXT,
        "sentences": [{"sentence": TEXT, "annotations": annotations}],
        "latestSummary": {"text": TEXT, "textSections": [{"key": "k", "value": TEXT}]},
    }
    metric = {"metric_name": "m", "value": TEXT, "dimension": {"feedback": TEXT}}
    cut = json.dumps(event).encode()[:-1]
    lines = [json.dumps(record).encode() for record in (event, event | odd)]
    return {
        "events/a.jsonl": b"\n".join([*lines, cut, cut + b"\xff", TEXT.encode()]),
        "conversations/a.jsonl": json.dumps(conversation).encode(),
        "support_metrics/a.jsonl": json.dumps(metric).encode(),
    }


def stored(warehouse):
    """All that the raw tables hold, as text, and the bytes of the file."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.sql(
            "select table_name from duckdb_tables() where schema_name = 'raw'"
        ).fetchall()
        values = [
            str(connection.sql(f"select * from raw.{table}").fetchall())
            for (table,) in tables
        ]
    return "".join(values), warehouse.read_bytes()


def test_no_planted_contact_gets_into_the_warehouse(tmp_path):
    for name, data in planted().items():
        path = tmp_path / "exports" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    found = {}
    for redact_contacts in (False, True):
        warehouse = tmp_path / f"{redact_contacts}.duckdb"
        report = land(tmp_path / "exports", warehouse, redact_contacts)
        assert (report.rows, report.rejected) == (4, 3)
        found[redact_contacts] = stored(warehouse)
    for canary in CANARIES:
        assert canary in found[False][0]
        assert canary.encode() in found[False][1]
        assert canary not in found[True][0]
        assert canary.encode() not in found[True][1]
    values = found[True][0]
    # 2 events, 2 misfits, 3 rejected lines twice, 6 in a conversation, 2 in a metric.
    assert values.count(REDACTED) == 18
    assert "projects/123456789012/conversations/c1" in values
    assert "1785717978" in values
