"""Agent Assist figures against a brute-force reading of the same conversations.

Random conversations are small and nasty: equal and missing times, odd roles, replies
that are patterns, records in every encoding. The nasty files outside this repository
give their own answers. All are built at once, a prefix to the conversation ids apart.
"""

import json
import random
import re
from collections import Counter

import duckdb
import jinja2
import pytest

from scripts.land_exports import land
from tests.python import conftest

SMART, LEGACY, GENERATOR = (
    "SMART_REPLY",
    "CONVERSATION_SUMMARIZATION_SUGGESTION",
    "GENERATOR_SUGGESTION_RESULT",
)
NASTY = (
    "20_regex_metacharacters",
    "21_equal_create_times",
    "22_sentences_shuffled",
    "23_json_column_encodings",
    "25_odd_roles_and_types",
)
CONVERSATIONS = 1500
FIGURES = (
    "sentence_count",
    "suggestions",
    "annotated_sentences",
    "displayed_sentences",
    "clicked_sentences",
    "clicked_undisplayed_sentences",
    "suggestions_timed",
    "latency_seconds_sum",
    "agent_responses",
    "effective_responses",
    "as_published_effective_responses",
    "smart_replies",
    "smart_replies_followed",
    "smart_replies_verbatim",
    "smart_replies_edited",
    "smart_replies_unused",
    "as_published_smart_replies_contained",
    "as_published_smart_replies_failing",
    "summaries",
    "summaries_edited",
    "summaries_compared",
    "edit_distance_sum",
    "edit_rate_sum",
    "edit_rate_count",
    "as_published_summaries",
    "as_published_summaries_edited",
)


# -- random conversations ------------------------------------------------------------

WORDS = ("ok", "a.b", "axb", "price?", "(1", "1+1", "é", "東京", "[x", "$5")
START = 1_700_000_000 * 10**9


def some_text(rng, most):
    return " ".join(rng.choices(WORDS, k=rng.randint(0, most)))


def as_column(rng, value):
    """A JSON column: JSON, a string that holds it, that string quoted again."""
    text = json.dumps(value, ensure_ascii=False)
    return rng.choice((value, text, json.dumps(text)))


def some_annotation(rng):
    kind = rng.choice((SMART, SMART, SMART, "FAQ", LEGACY, GENERATOR, None))
    annotation = {
        "type": kind,
        "clicked": rng.choice((True, True, False, None)),
        "displayed": rng.choice((True, False, None)),
        "createTimeNanos": some_time(rng),
    }
    record = {"reply": some_text(rng, 2)}
    if kind == LEGACY:
        record = {"text": some_text(rng, 4)}
    if kind == GENERATOR:
        sections = [{"summary": some_text(rng, 2)} for _ in range(rng.randint(0, 2))]
        record = {"generatorSuggestion": {"summarySuggestion": {}}}
        if sections:
            record["generatorSuggestion"]["summarySuggestion"] = {
                "summarySections": sections
            }
    if rng.random() < 0.9:
        annotation["annotationRecord"] = as_column(rng, record)
    if rng.random() < 0.05:
        annotation["annotationRecord"] = rng.choice(("no json", "", {"reply": None}))
    if kind in (LEGACY, GENERATOR) and rng.random() < 0.7:
        text = rng.choice((some_text(rng, 4), "", None, record.get("text")))
        feedback = {"summarizationFeedback": {"summaryText": text}}
        annotation["detailedFeedback"] = as_column(rng, feedback)
    return annotation


def some_time(rng):
    if rng.random() < 0.08:
        return None
    nanos = START + rng.randint(0, 8) * 10**9
    return rng.choice((nanos, str(nanos)))


def some_sentence(rng):
    roles = ("HUMAN_AGENT", "HUMAN_AGENT", "END_USER", "AUTOMATED_AGENT", "human_agent")
    return {
        "sentence": some_text(rng, 3) if rng.random() > 0.05 else None,
        "participantRole": rng.choice((*roles, None)),
        "createTimeNanos": some_time(rng),
        "annotations": [some_annotation(rng) for _ in range(rng.randint(0, 3))],
    }


def some_conversation(rng, number):
    sentences = [some_sentence(rng) for _ in range(rng.randint(0, 6))]
    return {"conversationName": f"random-{number}", "sentences": sentences}


# -- what they say, read slowly ------------------------------------------------------


def opened(column):
    for _ in range(3):
        if not isinstance(column, str):
            break
        try:
            column = json.loads(column)
        except ValueError:
            return None
    return column if isinstance(column, dict) else {}


def nanos(thing):
    time = thing["createTimeNanos"]
    return None if time is None else int(time)


def distance(left, right):
    """Levenshtein's textbook form."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            diagonal, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b)),
            )
    return row[-1]


def count_sentences(sentences, kind):
    found = Counter(sentence_count=len(sentences))
    for sentence in sentences:
        ours = [a for a in sentence["annotations"] if kind in ("all", a["type"])]
        found["suggestions"] += len(ours)
        found["annotated_sentences"] += bool(ours)
        found["displayed_sentences"] += any(a["displayed"] for a in ours)
        found["clicked_sentences"] += any(a["displayed"] and a["clicked"] for a in ours)
        found["clicked_undisplayed_sentences"] += any(
            a["clicked"] and not a["displayed"] for a in ours
        )
        for annotation in ours:
            said, made = nanos(sentence), nanos(annotation)
            if said is not None and made is not None and made >= said:
                found["suggestions_timed"] += 1
                found["latency_seconds_sum"] += (made - said) / 10**9
    return found


def is_clicked_reply(annotation):
    return (
        annotation["type"] == SMART
        and annotation["clicked"]
        and annotation.get("annotationRecord") is not None
    )


def count_responses(sentences):
    found = Counter()
    agents = [s for s in sentences if s["participantRole"] == "HUMAN_AGENT"]
    clicks = [
        nanos(a) for s in sentences for a in s["annotations"] if is_clicked_reply(a)
    ]
    for response in agents:
        has_text, time = response["sentence"] is not None, nanos(response)
        found["agent_responses"] += has_text
        if time is None:
            continue
        before = [nanos(s) for s in agents if nanos(s) is not None and nanos(s) < time]
        since = max(before, default=None)
        is_effective = any(
            c is not None and c <= time and (since is None or c >= since)
            for c in clicks
        )
        found["effective_responses"] += is_effective and has_text
        found["as_published_effective_responses"] += is_effective and since is not None
    return found


def matches(pattern, text):
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return None


def count_replies(sentences):
    found = Counter()
    for sentence in sentences:
        for annotation in filter(is_clicked_reply, sentence["annotations"]):
            reply = (opened(annotation["annotationRecord"]) or {}).get("reply")
            if reply is None:
                continue
            found["smart_replies"] += 1
            later = [
                s
                for s in sentences
                if s["participantRole"] == "HUMAN_AGENT"
                and None not in (nanos(s), nanos(sentence))
                and nanos(s) > nanos(sentence)
            ]
            # Of equal times min() takes the first, as it stands in the export.
            message = min(later, key=nanos)["sentence"] if later else None
            if message is None:
                found["smart_replies_unused"] += 1
                continue
            found["smart_replies_followed"] += 1
            use = "verbatim" if reply in message else "edited"
            found[f"smart_replies_{use}"] += 1
            at_once = [s for s in sentences if nanos(s) == min(map(nanos, later))]
            is_match = matches(reply, message)
            found["as_published_smart_replies_contained"] += bool(is_match)
            found["as_published_smart_replies_failing"] += (
                len(at_once) > 1 or is_match is None
            )
    return found


def suggested_summary(annotation):
    record = opened(annotation.get("annotationRecord")) or {}
    if annotation["type"] == LEGACY:
        return record.get("text")
    if annotation["type"] == GENERATOR and "generatorSuggestion" in record:
        sections = record["generatorSuggestion"]["summarySuggestion"]
        sections = sections.get("summarySections", [])
        return " ".join(section["summary"] for section in sections)
    return None


def count_summaries(sentences, kind):
    found = Counter()
    for annotation in (a for s in sentences for a in s["annotations"]):
        if kind not in ("all", annotation["type"]):
            continue
        feedback = opened(annotation.get("detailedFeedback")) or {}
        is_legacy = annotation["type"] == LEGACY
        has_value = "summaryText" in feedback.get("summarizationFeedback", {})
        found["as_published_summaries_edited"] += is_legacy and has_value
        suggested = suggested_summary(annotation)
        if suggested is None:
            continue
        found["summaries"] += 1
        found["as_published_summaries"] += is_legacy
        edited = feedback.get("summarizationFeedback", {}).get("summaryText")
        if edited is None:
            continue
        found["summaries_compared"] += 1
        found["summaries_edited"] += edited != suggested
        found["edit_distance_sum"] += distance(suggested, edited)
        if edited:
            found["edit_rate_count"] += 1
            found["edit_rate_sum"] += distance(suggested, edited) / len(edited)
    return found


def brute_force(conversation):
    """{annotation type: figures} of one conversation."""
    sentences = conversation["sentences"]
    kinds = {a["type"] for s in sentences for a in s["annotations"]} - {None}
    if any(s["participantRole"] == "HUMAN_AGENT" for s in sentences):
        kinds.add(SMART)
    answers = {}
    for kind in kinds | {"all"}:
        found = count_sentences(sentences, kind) + count_summaries(sentences, kind)
        if kind in ("all", SMART):
            found += count_responses(sentences) + count_replies(sentences)
        answers[kind] = {name: found[name] for name in FIGURES}
    return answers


# -- what the models say -------------------------------------------------------------


@pytest.fixture(scope="module")
def conversations():
    rng = random.Random(20260925)
    return [some_conversation(rng, number) for number in range(CONVERSATIONS)]


@pytest.fixture(scope="module")
def figures(dbt, conversations, tmp_path_factory):
    """{(conversation id, annotation type): figures} of all that was built."""
    folder = tmp_path_factory.mktemp("assist")
    exports = folder / "exports/conversations"
    exports.mkdir(parents=True)
    rows = list(conversations)
    for name in NASTY if (conftest.SHARED / "data").is_dir() else ():
        rows += nasty_rows(conftest.SHARED, name)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (exports / "all.jsonl").write_text(lines, encoding="utf-8")
    warehouse = folder / "w.duckdb"
    land(folder / "exports", warehouse)
    dbt(warehouse, "run", "--select", "+int_suggestions_aggregated_to_conversations")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            f"select conversation_id, annotation_type, {', '.join(FIGURES)} "
            "from intermediate.int_suggestions_aggregated_to_conversations"
        ).fetchall()
    return {row[:2]: dict(zip(FIGURES, row[2:], strict=True)) for row in found}


def nasty_rows(shared, name):
    """The rows of a nasty file, its name before the conversation ids."""
    file = shared / f"data/nasty/conversations/{name}.jsonl"
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        last = row["conversationName"].rpartition("/")[2]
        yield {**row, "conversationName": f"{name}--{last}"}


def test_random_conversations_equal_brute_force(conversations, figures):
    compared = Counter()
    for conversation in conversations:
        name = conversation["conversationName"]
        expected = brute_force(conversation)
        found = {kind: row for (id_, kind), row in figures.items() if id_ == name}
        assert found.keys() == expected.keys(), conversation
        for kind, answer in expected.items():
            assert found[kind] == pytest.approx(answer, rel=1e-12), (kind, conversation)
            compared.update(answer)
    # Nothing was equal for want of cases.
    assert all(compared[name] > 20 for name in FIGURES), compared


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_file_gives_its_answers(shared, figures, name):
    answers = shared / f"data/answers/nasty/conversations__{name}.jsonl.json"
    answers = json.loads(answers.read_text())["ccai"]
    found = {}
    for (conversation, kind), row in figures.items():
        if conversation.startswith(f"{name}--"):
            found.setdefault(kind, Counter()).update(row)
    for kind, rate in answers["sentence_trigger_rate"].items():
        row = found.get(kind, Counter())
        assert row["annotated_sentences"] == rate["num"], kind
        clicks = answers["sentence_ctr"][kind]
        assert row["clicked_sentences"] == clicks["num"], kind
        assert row["displayed_sentences"] == clicks["den"], kind
        undisplayed = clicks["clicked_but_not_displayed_sentences"]
        assert row["clicked_undisplayed_sentences"] == undisplayed, kind
    row, effective = found["all"], answers["smart_reply_effective_ctr"]
    replies = answers["smart_reply_edit_rate"]
    edited = replies["prose_not_contains_over_answered_only"]
    published = replies["sql_literal_regex_contains"]
    legacy = answers["legacy_summaries"]
    assert {
        "sentence_count": answers["sentences"],
        "suggestions": answers["annotations"],
        "agent_responses": effective["agent_responses"],
        "effective_responses": effective["first_response_counts"]["num"],
        "as_published_effective_responses": effective["sql_literal"]["num"],
        "smart_replies": published["den"],
        "smart_replies_followed": edited["den"],
        "smart_replies_edited": edited["num"],
        "smart_replies_verbatim": replies["contains_literal_text"]["num"],
        "as_published_smart_replies_contained": published["num"],
        "as_published_summaries": legacy["suggested"],
        "as_published_summaries_edited": legacy["edited_sql_not_null"],
    }.items() <= row.items()


def test_the_shortcut_of_patterns_equals_re2():
    """pattern_matches spares most patterns their compilation and changes no answer."""
    macro = (conftest.PROJECT / "macros/engine/pattern_matches.sql").read_text()
    call = "{{ duckdb__pattern_matches('said', 'pattern') }}"
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    sql = environment.from_string(macro + call).render()
    rng = random.Random(7)
    pairs = [
        ["".join(rng.choices("aab..?%_(é\n*\\^", k=rng.randint(0, n))) for n in (9, 4)]
        for _ in range(20_000)
    ]
    with duckdb.connect() as connection:
        connection.execute("create table pairs (said varchar, pattern varchar)")
        said, patterns = zip(*pairs, strict=True)
        connection.execute(
            "insert into pairs select unnest(?), unnest(?)", [said, patterns]
        )
        found = connection.execute(
            f"select said, pattern from pairs where ({sql}) "
            "is distinct from try(regexp_matches(said, pattern))"
        ).fetchall()
    assert not found
