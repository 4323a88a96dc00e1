"""Who is erased is gone from every byte, stays gone, and no total changes."""

import gzip
import json
import shutil

import duckdb
import pytest
from click.testing import CliRunner

from scripts import erase as erasing
from scripts.dashboards.pages import PAGES
from scripts.erase import erase, forget_texts
from scripts.erasures import REASON
from scripts.land_exports import land
from scripts.publish import publish
from scripts.scrub import scrub
from tests.python.conftest import PROJECT, assert_same, contents

COUNTED = {
    "metrics": "select metric_name, dimension, segment, metric_date, numerator,"
    " denominator, value, sample_size from marts.metrics_daily order by all",
    "conversations": "select * exclude (conversation_id, customer_id)"
    " from marts.conversations order by all",
    "customers": "select count(distinct customer_id) from marts.conversations",
    "messages": "select message_position, sender_role, intent, sentiment,"
    " response_seconds, sent_at from marts.messages order by all",
    "edits": "select edit_distance, edited_length, edit_rate from marts.summary_edits"
    " order by all",
    "raw": "select feed, sum(row_count) from raw.landed_files group by feed order by 1",
}
EVENT = {
    "event_type": "message_received",
    "timestamp": "2026-01-01T00:00:00Z",
    "properties": {"sender": "prospect", "content": "zqcanary", "intent": "pricing"},
}


def query(path, sql, values=None):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql, values).fetchall()


def counted(warehouse):
    return {name: query(warehouse, sql) for name, sql in COUNTED.items()}


def texts_of(warehouse, conversations):
    """What was said in some conversations and in no other."""
    sql = """
        select content from marts.messages where content is not null and {}
        union select sentence from staging.stg_insights__sentences where {}
        union select reply_text from marts.suggestions where {}
        union select suggested_summary from marts.summary_edits where {}
        union select edited_summary from marts.summary_edits where {}
    """
    theirs = "list_contains($1, conversation_id)"
    said = query(warehouse, sql.format(*[theirs] * 5), [conversations])
    others = query(warehouse, sql.format(*[f"not {theirs}"] * 5), [conversations])
    elsewhere = "\n".join(text for (text,) in others if text)
    return {t for (t,) in said if t and len(t) > 12 and t not in elsewhere}


def everything_in(folder):
    """The bytes of every file, and every value of every table in them."""
    for path in folder.rglob("*"):
        if not path.is_file() or path.suffix == ".lock":
            continue
        yield path, path.read_bytes()
        if path.suffix == ".parquet":
            with duckdb.connect() as connection:
                rows = connection.sql(f"from '{path}'").fetchall()
                yield path, str(rows).encode()
        if path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as connection:
                tables = connection.execute(
                    'select format(\'"{}"."{}"\', schema_name, table_name)'
                    " from duckdb_tables() union all select"
                    ' format(\'"{}"."{}"\', schema_name, view_name)'
                    " from duckdb_views() where not internal",
                ).fetchall()
                for (table,) in tables:
                    sql = f"select cast(to_json(t) as varchar) from {table} t"
                    rows = connection.execute(sql).fetchall()
                    text = "\n".join(row for (row,) in rows)
                    yield f"{path}:{table}", text.encode()


def plant_reason(warehouse, conversations):
    """An escalation in a person's own words, in raw and in the mart; the words."""
    words = "zqcanary says I am tired of this"
    with duckdb.connect(str(warehouse)) as connection:
        ((name,),) = connection.execute(
            "update marts.conversations set escalation_reason = $2"
            " where conversation_id = (select min(conversation_id)"
            " from marts.conversations where list_contains($1, conversation_id)"
            " and escalation_reason is null and in_events) returning conversation_id",
            [conversations, words],
        ).fetchall()
        ((count,),) = connection.execute(
            "update raw.events set properties ="
            " json_merge_patch(properties, json_object('escalation_reason', $2))"
            " where conversation_id = $1 and event_type = 'conversation_started'",
            [name, words],
        ).fetchall()
        assert count
    return words


@pytest.fixture(autouse=True)
def dbt_elsewhere(tmp_path, monkeypatch):
    """An erasure also removes what dbt wrote, and this project's is not to be."""
    for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH"):
        monkeypatch.setenv(name, str(tmp_path / "dbt"))


@pytest.fixture(scope="module")
def erased(sample_warehouse, dbt, tmp_path_factory):
    """The sample after a customer of several conversations in all feeds went."""
    folder = tmp_path_factory.mktemp("erase")
    warehouse, published = folder / "w.duckdb", folder / "published"
    shutil.copy(sample_warehouse, warehouse)
    customer, conversations = query(
        warehouse,
        "select customer_id, list(conversation_id) from marts.conversations"
        " group by 1 having bool_or(in_insights) and bool_or(in_support_metrics)"
        " order by count(*) desc, 1 limit 1",
    )[0]
    (published / "site").mkdir(parents=True)
    (published / "site" / "index.html").write_text(f"<li>{conversations[0]}</li>")
    (published / "notes.html").write_text(f"<li>{conversations[0]}</li>")
    (published / "other.html").write_text("<li>no one</li>")
    before = counted(warehouse)
    texts = texts_of(warehouse, conversations) | {
        plant_reason(warehouse, conversations)
    }
    publish(warehouse, published, with_content=True)
    # As a killed run leaves it.
    (folder / "w.duckdb.tmp").mkdir()
    (folder / "w.duckdb.tmp/duckdb_temp_storage_DEFAULT-0.tmp").write_text(customer)

    def rebuild(warehouse, lock):
        dbt(warehouse, "run", "--select", "config.materialized:table")

    # Ids stand in the SQL of a day on top.
    (folder / "dbt/run").mkdir(parents=True)
    (folder / "dbt/run/model.sql").write_text(f"('{conversations[0]}', 'another')")
    (folder / "dbt/dbt.log").write_text(f"insert\n('{conversations[-1]}')\n")
    (folder / "dbt/manifest.json").write_text("{}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(erasing, "rebuild", rebuild)
        patch.setenv("DBT_TARGET_PATH", str(folder / "dbt"))
        patch.setenv("DBT_LOG_PATH", str(folder / "dbt"))
        receipt = erase(warehouse, published, "customer", customer, False, None)
    names = [*conversations, customer]
    return folder, names, texts, before, receipt


def test_no_total_changes(erased):
    folder, _, _, before, _ = erased
    assert_same(before, counted(folder / "w.duckdb"))


def test_neither_an_id_nor_a_word_is_left_anywhere(erased):
    folder, names, texts, _, _ = erased
    assert len(names) > 3 and len(texts) > 10
    looked_at = 0
    for where, content in everything_in(folder):
        looked_at += 1
        found = [name for name in (*names, *texts) if name.encode() in content]
        assert not found, (where, found)
    assert looked_at > 80
    templates = query(
        folder / "w.duckdb",
        "select message_template from intermediate.int_messages_templated"
        " where starts_with(conversation_id, 'erased-')",
    )
    assert templates and all(text.startswith("erased-") for (text,) in templates)


def test_versions_and_pages_with_it_are_gone(erased):
    folder, _, _, _, receipt = erased
    published = folder / "published"
    assert receipt["files_removed"] == ["notes.html", "dbt.log", "run/model.sql"]
    assert (published / "other.html").exists()
    assert [p.name for p in (folder / "dbt").rglob("*.*")] == ["manifest.json"]
    pages = {path.name for path in (published / "site").iterdir()}
    assert pages == {page.file for page in PAGES}
    assert len(list((published / "versions").glob("*.duckdb"))) == 1


def test_a_receipt_is_kept_that_names_nobody(erased):
    folder, names, _, _, receipt = erased
    ((kind, id_hash, kept),) = query(
        folder / "w.duckdb", "select kind, id_hash, receipt from operations.erasures"
    )
    assert kind == "customer" and len(id_hash) == 64
    assert json.loads(kept) == receipt
    assert receipt["files_that_still_hold_an_id"] == []
    assert receipt["rows"]["raw.events"] > 0
    for file in receipt["export_files"]:
        with gzip.open(PROJECT / "exports" / file, "rt") as lines:
            text = lines.read()
        assert any(name in text for name in names)


def test_it_stays_erased_when_the_export_lands_again(erased, tmp_path):
    """Under new names, in this warehouse and in one built anew beside the list."""
    folder, names, texts, _, _ = erased
    exports = tmp_path / "exports"
    for feed in ("events", "conversations", "support_metrics"):
        shutil.copytree(PROJECT / "exports" / feed, exports / feed / "again")
    with gzip.open(exports / "events" / "again" / "cut.jsonl.gz", "wt") as file:
        file.write(f'{{"conversation_id": "{names[0]}", "content": "cut')
    for warehouse in (tmp_path / "known.duckdb", tmp_path / "anew.duckdb"):
        if warehouse.name == "known.duckdb":
            shutil.copy(folder / "w.duckdb", warehouse)
        shutil.copy(folder / "w.duckdb.erasures.json", f"{warehouse}.erasures.json")
        report = land(exports, warehouse)
        assert report.rejected > 50
        for file in report.landed:
            assert file.line_count == (
                file.row_count + file.rejected_count + file.blank_count
            )
        rejected = query(
            warehouse,
            "select reason, line, line_bytes from raw.rejected_lines where reason = ?",
            [REASON],
        )
        assert len(rejected) >= report.rejected
        assert {(line, bytes(data)) for _, line, data in rejected} == {("", b"")}
        for table in ("events", "conversations", "support_metrics", "rejected_lines"):
            rows = str(query(warehouse, f"select to_json(t) from raw.{table} t"))
            assert not [name for name in (*names, *texts) if name in rows]


@pytest.fixture
def little(tmp_path):
    """Lands events: little(name, ...) makes a file of one event for each."""

    def write(*events):
        folder = tmp_path / "exports" / "events"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps({**EVENT, **event}) for event in events]
        (folder / f"{len(list(folder.iterdir()))}.jsonl").write_text("\n".join(lines))
        land(tmp_path / "exports", tmp_path / "w.duckdb")
        return tmp_path / "w.duckdb"

    return write


@pytest.fixture
def no_rebuild(monkeypatch):
    monkeypatch.setattr(erasing, "rebuild", lambda *arguments: None)


@pytest.mark.parametrize("name", ["c1", "o'brien\"); drop table raw.events--", "ü\\n"])
def test_any_id_can_be_erased_and_only_that_one(little, no_rebuild, tmp_path, name):
    warehouse = little({"conversation_id": name}, {"conversation_id": name + "0"})
    erase(warehouse, tmp_path / "none", "conversation", name, False, None)
    rows = query(
        warehouse,
        "select conversation_id, properties ->> 'content', properties ->> 'intent'"
        " from raw.events order by conversation_id = ?",
        [name + "0"],
    )
    assert rows[0][0].startswith("erased-") and rows[0][1:] == (None, "pricing")
    assert rows[1] == (name + "0", "zqcanary", "pricing")
    assert query(warehouse, "select conversations from operations.erasures") == [(1,)]


@pytest.mark.parametrize(("others", "is_kept"), [(5, True), (4, False)])
def test_a_reason_stays_that_five_others_share(
    little, no_rebuild, tmp_path, others, is_kept
):
    given = {"escalation_reason": "policy"}
    warehouse = little(
        *({"conversation_id": f"c{n}", "properties": given} for n in range(others + 1)),
        {"conversation_id": "c0", "properties": {"escalation_reason": "zqmine"}},
    )
    erase(warehouse, tmp_path / "none", "conversation", "c0", False, None)
    rows = query(
        warehouse,
        "select properties ->> 'escalation_reason' from raw.events"
        " where conversation_id like 'erased-%' order by all",
    )
    assert rows == [("policy" if is_kept else None,), (None,)]


def test_reasons_are_forgotten_but_those_that_five_share(little, tmp_path):
    """Though all of them are forgotten at once."""
    given = {f"c{n}": {"reason": "size"} for n in range(5)} | {"c5": {"reason": "mine"}}
    warehouse = little(
        *({"conversation_id": n, "properties": p} for n, p in given.items())
    )
    with duckdb.connect(str(warehouse)) as connection:
        scrub(connection, set(given), keeps_ids=True)
    rows = query(warehouse, "select properties ->> 'reason' from raw.events order by 1")
    assert rows == [("size",)] * 5 + [(None,)]


def test_a_forgotten_record_that_lands_again_is_a_copy_once_forgotten(little, tmp_path):
    """Its file changed. Without a text it is a copy at once."""
    # As staging tells events apart: by all of the record.
    sql = """
        select event_type, count(*), count(distinct to_json(t)::varchar)
        from (select * exclude (_file_id, _line_number, _landed_at) from raw.events) t
        where conversation_id = 'c1' group by all order by all
    """
    cost = {"event_type": "cost_incurred", "properties": {"amount": 0.25}}
    events = {"conversation_id": "c1", **cost}, {"conversation_id": "c1"}
    warehouse = little(*events)
    with duckdb.connect(str(warehouse)) as connection:
        scrub(connection, {"c1"}, keeps_ids=True)
    little(*events, {"conversation_id": "c2"})
    assert query(warehouse, sql) == [
        ("cost_incurred", 2, 1),
        ("message_received", 2, 2),
    ]
    with duckdb.connect(str(warehouse)) as connection:
        scrub(connection, {"c1"}, keeps_ids=True)
    assert query(warehouse, sql) == [
        ("cost_incurred", 2, 1),
        ("message_received", 2, 1),
    ]


def test_events_that_only_their_texts_told_apart_stay_two(little, no_rebuild, tmp_path):
    other = {**EVENT["properties"], "content": "zqother"}
    warehouse = little(
        {"conversation_id": "c1"},
        {"conversation_id": "c1", "properties": other},
        {"conversation_id": "c1"},
    )
    erase(warehouse, tmp_path / "none", "conversation", "c1", False, None)
    sql = "select count(*) from raw.events group by properties, _extra order by 1"
    assert query(warehouse, sql) == [(1,), (2,)]


def test_a_customer_without_events_of_their_own_is_erased(little, no_rebuild, tmp_path):
    """Named in the properties of one event only; the messages do not say it."""
    warehouse = little(
        {"conversation_id": "c1", "properties": {"customer_id": "cust-7"}},
        {"conversation_id": "c1"},
        {"conversation_id": "c2", "properties": {"customer_id": "cust-77"}},
    )
    erase(warehouse, tmp_path / "none", "customer", "cust-7", False, None)
    sql = "select count(*), count(properties ->> 'content') from raw.events"
    assert query(warehouse, sql + " where conversation_id like 'erased-%'") == [(2, 0)]
    assert query(warehouse, sql + " where conversation_id = 'c2'")[0][0] == 1


def test_wrong_use_is_2(tmp_path):
    runner = CliRunner()
    assert runner.invoke(erasing.main, []).exit_code == 2
    both = ["--customer", "a", "--conversation", "b"]
    assert runner.invoke(erasing.main, both).exit_code == 2


def test_old_texts_are_forgotten_and_counts_stay(sample_warehouse, tmp_path):
    warehouse = tmp_path / "w.duckdb"
    shutil.copy(sample_warehouse, warehouse)
    before = counted(warehouse)
    ids = contents(warehouse, ("intermediate",))["intermediate.int_conversations_timed"]
    old = [
        name
        for (name,) in query(
            warehouse,
            "select conversation_id from marts.conversations"
            " where ended_at < (select as_of - interval 30 days"
            " from intermediate.as_of)",
        )
    ]
    texts = texts_of(warehouse, old)
    assert 50 < len(old) < 590 and len(texts) > 100
    forget_texts(warehouse, 30)
    assert_same(before, counted(warehouse))
    after = contents(warehouse, ("intermediate",))
    assert after["intermediate.int_conversations_timed"] == ids
    kept = "select conversation_id from marts.messages where content is not null"
    assert not set(query(warehouse, kept)) & {(name,) for name in old}
    assert query(warehouse, kept)
    for where, content in everything_in(tmp_path):
        found = [text for text in sorted(texts)[:150] if text.encode() in content]
        assert not found, (where, found[:3])

    with duckdb.connect(str(warehouse)) as connection:
        sql = "select count(*) from operations.forgotten_texts"
        assert connection.execute(sql).fetchall()[0][0] == len(old)
    inode = warehouse.stat().st_ino
    forget_texts(warehouse, 30)
    assert warehouse.stat().st_ino == inode, "nothing new, nothing written"
