"""The document's own eight queries, verbatim, on Google's reference implementation.

What they give is what the Agent Assist marts publish: under the plain names where we
agree with the document, under `as_published_*` where we do not.
"""

import gzip
import json
import subprocess

import duckdb
import pytest

from scripts.land_exports import land
from tests.python.conftest import PROJECT

QUERIES = PROJECT / "tests/python/published"
ORACLE = PROJECT / ".venv-oracle/bin/python"
TYPES = (
    "SMART_REPLY",
    "FAQ",
    "ARTICLE_SUGGESTION",
    "CONVERSATION_SUMMARIZATION_SUGGESTION",
)
BY_TYPE = ("sentence_trigger_rate", "conversation_trigger_rate", "click_through_rate")
OVERALL = (
    "effective_click_through_rate",
    "smart_reply_edit_rate",
    "generator_summaries",
    "summaries",
    "summary_edit_percentage",
)


def published(name):
    return (QUERIES / f"{name}.sql").read_text()


def ask(rows):
    """{query: rows} of the document's queries, by type where they have one."""
    if not ORACLE.exists():
        pytest.skip(f"{ORACLE} is absent (make oracle): published queries not run")
    queries = {name: published(name) for name in OVERALL}
    queries["all_generator_summaries"] = queries["generator_summaries"].replace(
        "LIMIT\n  10 ;", ""
    )
    for name in BY_TYPE:
        for kind in TYPES:
            queries[f"{name} {kind}"] = published(name).replace("ANNOTATION_TYPE", kind)
    done = subprocess.run(
        [ORACLE, QUERIES / "run_queries.py"],
        input=json.dumps({"rows": rows, "queries": queries}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def newest(files):
    """Conversations of export files, each as its newest version has it."""
    found = {}
    for file in sorted(files):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                known = found.get(row["conversationName"])
                if known is None or version(row) >= version(known):
                    found[row["conversationName"]] = row
    return list(found.values())


def version(row):
    return int(row.get("conversationUpdateTimestampUtc") or 0)


def assert_marts_equal(warehouse, answers):
    with duckdb.connect(str(warehouse), read_only=True) as connection:

        def query(sql):
            return connection.execute(sql).fetchall()

        def ours(columns, kind="all"):
            return list(
                query(
                    f"select {columns} from marts.agent_assist_summary "
                    f"where window_name = 'all' and dimension = 'all' "
                    f"and annotation_type = '{kind}'"
                )[0]
            )

        def assert_equal(name, found):
            # The query itself, to the last bit but the division's.
            assert not isinstance(answers[name], dict), answers[name]
            assert answers[name] == [pytest.approx(found, rel=1e-12)], name

        for kind in TYPES:
            assert_equal(
                f"sentence_trigger_rate {kind}",
                ours(
                    "annotated_sentences, sentence_count, sentence_trigger_rate", kind
                ),
            )
            assert_equal(
                f"conversation_trigger_rate {kind}",
                ours(
                    "annotated_conversations, conversation_count, "
                    "conversation_trigger_rate",
                    kind,
                ),
            )
            assert_equal(
                f"click_through_rate {kind}",
                ours(
                    "clicked_sentences, displayed_sentences, click_through_rate", kind
                ),
            )
        assert_equal(
            "effective_click_through_rate",
            ours("as_published_effective_click_through_rate"),
        )
        assert_equal(
            "smart_reply_edit_rate", ours("as_published_smart_reply_edit_rate")
        )
        assert_equal(
            "summary_edit_percentage",
            ours(
                "as_published_summaries, as_published_summaries_edited, "
                "as_published_summary_edit_percentage"
            ),
        )
        assert ours("as_published_smart_replies_failing") == [0]

        legacy = query(
            "select suggested_summary, edited_summary from marts.summary_edits "
            "where summary_kind = 'legacy'"
        )
        # Feedback comes as JSON text: quoted, escaped.
        found = [
            (text, edited and json.loads(edited))
            for text, edited in answers["summaries"]
        ]
        assert sorted(found, key=str) == sorted(legacy, key=str)

        generator = query(
            "select suggested_summary, edited_summary from marts.summary_edits "
            "where summary_kind = 'generator'"
        )
        found = [
            (sections_text(sections), edited and json.loads(edited))
            for sections, edited in answers["all_generator_summaries"]
        ]
        assert sorted(found, key=str) == sorted(generator, key=str)
        some = answers["generator_summaries"]
        assert len(some) == min(10, len(generator))
        assert all(row in answers["all_generator_summaries"] for row in some)


def sections_text(summary):
    sections = json.loads(summary).get("summarySections") or []
    return " ".join(section.get("summary") or "" for section in sections)


def test_the_queries_are_the_documents(shared):
    document = (shared / "seeds/agent-assist-metrics.txt").read_text()
    for name in BY_TYPE + OVERALL:
        assert published(name).rstrip() in document, name


@pytest.mark.slow
def test_the_sample_equals_the_published_queries(sample_warehouse):
    rows = newest((PROJECT / "exports/conversations").glob("*.gz"))
    assert_marts_equal(sample_warehouse, ask(rows))


@pytest.mark.slow
def test_real_exports_equal_the_published_queries(dbt, shared, tmp_path):
    files = sorted((shared / "data/exports/conversations").glob("*.gz"))
    rows = [
        row
        for file in files
        for row in newest([file])[:: 12 if "star" in file.name else 25]
    ]
    assert 100 < len(rows) <= 200
    folder = tmp_path / "exports/conversations"
    folder.mkdir(parents=True)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "some.jsonl").write_text(lines)
    warehouse = tmp_path / "w.duckdb"
    land(tmp_path / "exports", warehouse)
    dbt(
        warehouse,
        *("build", "--resource-type", "model", "--resource-type", "seed"),
        *("--select", "+agent_assist_summary", "+summary_edits"),
    )
    assert_marts_equal(warehouse, ask(rows))
