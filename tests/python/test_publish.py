"""What BI tools open: whole, current, without what people wrote."""

import json
import re
import subprocess
import sys
import time

import duckdb
import pytest
from click.testing import CliRunner

from scripts import publish as publishing
from scripts.publish import PublishError, declared_marts, publish
from tests.python.conftest import PROJECT

RECIPES = re.findall(
    r"^(\w[^\n]*):\n\n```python\n(.*?)```",
    (PROJECT / "docs/bi.md").read_text(),
    re.MULTILINE | re.DOTALL,
)


@pytest.fixture(scope="module")
def published(sample_warehouse, tmp_path_factory):
    folder = tmp_path_factory.mktemp("project") / "var" / "published"
    publish(sample_warehouse, folder)
    return folder


@pytest.fixture
def small(tmp_path):
    """A warehouse with two tiny marts: small(version) writes both anew."""
    warehouse = tmp_path / "w.duckdb"

    def write(version):
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("create schema if not exists marts")
            for table in ("conversations", "messages"):
                connection.execute(
                    f"create or replace table marts.{table} as"
                    f" select {version} as conversation_id, i as message_position,"
                    " 'secret' as content from range(20000) as t (i)"
                )
        return warehouse

    return write


def tables(path, query):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_every_mart_is_published_row_for_row(sample_warehouse, published):
    marts = declared_marts()
    with duckdb.connect(str(sample_warehouse), read_only=True) as connection:
        built = connection.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'marts' order by table_name"
        ).fetchall()
        connection.execute(
            f"attach '{published / 'marts.duckdb'}' as published (read_only)"
        )
        copied = connection.execute(
            "select table_name, comment from duckdb_tables()"
            " where database_name = 'published' order by table_name"
        ).fetchall()
        assert [name for name, _ in copied] == [name for (name,) in built]
        assert ("refresh_runs",) in built, "a view is a table when it is published"
        for name, comment in copied:
            assert comment == marts[name].description
            texts = [c for c, d in marts[name].columns.items() if d.contains_text]
            without = f"exclude ({', '.join(texts)})" if texts else ""
            file = published / "parquet" / f"{name}.parquet"
            for other in (f"published.main.{name}", f"read_parquet('{file}')"):
                for one, two in (("marts." + name, other), (other, "marts." + name)):
                    kept = without if one.startswith("marts.") else ""
                    rest = without if two.startswith("marts.") else ""
                    assert not connection.execute(
                        f"select * {kept} from {one}"
                        f" except all select * {rest} from {two}"
                    ).fetchall(), (one, two)
        assert len(texts_of_people(sample_warehouse)) > 1000


def test_the_published_file_fits_older_drivers_and_is_closed(published):
    (storage,) = tables(
        published / "marts.duckdb",
        "select tags['storage_version'] from duckdb_databases()"
        " where database_name = 'marts'",
    )[0]
    assert storage.startswith("v1.5.0")
    assert not list(published.rglob("*.wal"))
    assert not list(published.rglob(".*"))
    pointer = json.loads((published / "current.json").read_text())
    version = published / pointer["database"]
    assert version.samefile(published / "marts.duckdb")
    assert (published / pointer["parquet"]).samefile(published / "parquet")
    for query in ("select count(*) from marts.conversations", "from conversations"):
        assert tables(published / "marts.duckdb", query)


def texts_of_people(warehouse):
    """Texts of messages, sentences, suggestions and summaries of a built warehouse."""
    query = """
        select content from marts.messages
        union select sentence from staging.stg_insights__sentences
        union select transcript from raw.conversations
        union select latestSummary.text from raw.conversations
        union select reply_text from marts.suggestions
        union select summary_text from marts.suggestions
        union select feedback_summary_text from marts.suggestions
    """
    rows = tables(warehouse, query)
    return [text for (text,) in rows if text and len(text) >= 12 and " " in text]


def test_nothing_that_people_wrote_is_published(sample_warehouse, published):
    """Neither a text as a whole nor a phrase of one, in any column of any mart."""
    texts = texts_of_people(sample_warehouse)
    everything = "\n".join(texts)
    for file in sorted((published / "parquet").iterdir()):
        with duckdb.connect() as connection:
            relation = connection.sql(f"from read_parquet('{file}')")
            for column, kind in zip(relation.columns, relation.types, strict=True):
                if "VARCHAR" not in str(kind):
                    continue
                values = connection.execute(
                    f'select distinct "{column}"::varchar from relation'
                ).fetchall()
                for (value,) in values:
                    if value and len(value) >= 12 and " " in value:
                        assert value not in everything, (file.name, column)
                        found = [text for text in texts if text in value]
                        assert not found, (file.name, column)


def test_text_is_published_when_asked(small, tmp_path):
    version = publish(small(1), tmp_path / "p", with_content=True)
    assert tables(version, "select distinct content from messages") == [("secret",)]
    version = publish(small(1), tmp_path / "p")
    assert "secret" not in str(tables(version, "select * from messages limit 5"))
    assert b"secret" not in version.read_bytes()


def test_a_column_or_table_that_nobody_declares_is_not_published(small, tmp_path):
    warehouse = small(1)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("alter table marts.messages add column undeclared text")
        connection.execute("create table marts.left_over as select 1 as x")
    version = publish(warehouse, tmp_path / "p")
    assert "undeclared" not in str(tables(version, "describe messages"))
    assert tables(version, "show tables") == [("conversations",), ("messages",)]


def test_a_publication_that_fails_leaves_the_last_one(small, tmp_path, monkeypatch):
    folder = tmp_path / "p"
    first = publish(small(1), folder)
    before = (folder / "current.json").read_text()

    empty = tmp_path / "empty.duckdb"
    duckdb.connect(str(empty)).close()
    with pytest.raises(PublishError, match="no marts"):
        publish(empty, folder)
    copy_marts = publishing._copy_marts

    def one_row_short(*arguments):
        return {table: n + 1 for table, n in copy_marts(*arguments).items()}

    monkeypatch.setattr(publishing, "_copy_marts", one_row_short)
    with pytest.raises(PublishError, match="20000 rows of 20001"):
        publish(small(2), folder)
    assert (folder / "current.json").read_text() == before
    assert first.samefile(folder / "marts.duckdb")
    monkeypatch.undo()
    publish(small(3), folder)
    assert not list(folder.rglob(".*")), "drafts of failed runs are swept away"
    query = "select distinct conversation_id from messages"
    assert tables(folder / "marts.duckdb", query) == [(3,)]


def test_pages_that_cannot_be_written_are_one_clear_line(small, tmp_path):
    arguments = ["--warehouse", str(small(1)), "--publish-dir", str(tmp_path / "p")]
    done = CliRunner().invoke(publishing.main, arguments)
    assert done.exit_code == 1
    errors = done.stderr.strip().splitlines()
    assert len(errors) == 1 and errors[0].startswith("Error: ")
    assert (tmp_path / "p" / "marts.duckdb").exists(), "the marts are published"


def test_what_a_killed_client_wrote_is_not_read_into_the_next_version(small, tmp_path):
    folder = tmp_path / "p"
    publish(small(1), folder)
    code = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]);"
        "c.execute('insert into messages values (9, 9)'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, folder / "marts.duckdb"], check=True)
    assert (folder / "marts.duckdb.wal").stat().st_size > 0
    publish(small(2), folder)
    query = "select distinct conversation_id from messages"
    assert tables(folder / "marts.duckdb", query) == [(2,)]


def test_the_last_few_versions_stay_even_when_the_clock_goes_back(
    small, tmp_path, monkeypatch
):
    folder = tmp_path / "p"
    years = iter([2030, *range(2020, 2027)])

    class Clock(publishing.datetime):
        @classmethod
        def now(cls, zone=None):
            return super().now(zone).replace(year=next(years), month=1, day=1)

    monkeypatch.setattr(publishing, "datetime", Clock)
    made = [publish(small(number), folder).stem for number in range(8)]
    kept = sorted(path.name for path in (folder / "versions").iterdir())
    expected = made[-publishing.KEPT_VERSIONS :]
    assert kept == sorted([*expected, *(f"{name}.duckdb" for name in expected)])
    assert json.loads((folder / "current.json").read_text())["version"] == made[-1]


@pytest.mark.parametrize("recipe", RECIPES, ids=[title for title, _ in RECIPES])
def test_a_recipe_of_the_docs_works(published, monkeypatch, recipe):
    monkeypatch.chdir(published.parents[1])
    _, code = recipe
    names = {}
    exec(compile(code, "docs/bi.md", "exec"), names)
    assert names["rows"] == 600


READER = """
import json, random, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import duckdb

folder, threads = Path(sys.argv[1]), int(sys.argv[2])
BOTH = "select min(x), max(x), count(*) from (select conversation_id as x from {a}" \\
    " union all select conversation_id from {b})"

def ask(number):
    if number % 3 == 0:  # the constant path, opened for every query
        with duckdb.connect(str(folder / "marts.duckdb"), read_only=True) as c:
            query = BOTH.format(a="conversations", b="messages")
            return c.execute(query).fetchall()[0]
    current = json.loads((folder / "current.json").read_text())
    with duckdb.connect() as c:
        c.execute("set threads = 1")
        if number % 3 == 1:
            file = folder / current["database"]
            c.execute(f"attach '{file}' as v (read_only)")
            query = BOTH.format(a="v.conversations", b="v.messages")
            return c.execute(query).fetchall()[0]
        a, b = (
            f"'{folder / current['parquet'] / name}.parquet'"
            for name in ("conversations", "messages")
        )
        return c.execute(BOTH.format(a=a, b=b)).fetchall()[0]

def read(number):
    queries, seen = 0, set()
    while not (folder / "stop").exists():
        low, high, count = ask(number)
        assert low == high and count == 40000, f"torn: {low} {high} {count}"
        queries += 1
        seen.add(low)
        time.sleep(random.uniform(1, 3))  # 50 readers leave the publisher some time
    return queries, len(seen)

with ThreadPoolExecutor(threads) as pool:
    results = list(pool.map(read, range(threads)))
print(json.dumps([sum(n for n, _ in results), max(n for _, n in results)]))
"""


@pytest.mark.slow
def test_fifty_readers_through_twenty_publications(small, tmp_path):
    """No query fails and none sees two versions at once."""
    folder = tmp_path / "p"
    publish(small(0), folder)
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(folder), "10"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(5)
    ]
    for number in range(1, 21):
        publish(small(number), folder)
        time.sleep(0.3)
    (folder / "stop").touch()
    queries = 0
    for reader in readers:
        out, err = reader.communicate()
        assert reader.returncode == 0, err
        count, versions = json.loads(out.splitlines()[-1])
        assert versions > 3, "the readers saw the versions pass by"
        queries += count
    assert queries > 200
    print(f"{queries} queries of 50 readers through 20 publications")
