"""What generate_exports.py promises, checked by reading back what it wrote."""

import gzip
import hashlib
import json
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from scripts.generate_exports import Options, generate
from scripts.raw_tables import FEEDS

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "exports"
FUNNEL = {
    "conversation_started": "started",
    "message_received": "responded",
    "qualified": "qualified",
    "meeting_booked": "booked",
    "meeting_attended": "attended",
    "opportunity_created": "opportunity",
    "deal_closed": "converted",
}
STAGES = list(FUNNEL.values())
MATURED = date(2026, 10, 2)  # 30 days before the end of 2026-10-31


def read_lines(path):
    data = path.read_bytes()
    data = gzip.decompress(data) if path.suffix == ".gz" else data
    return data.splitlines()


def read_records(folder, feed):
    for path in sorted((folder / feed).iterdir()):
        yield from map(json.loads, read_lines(path))


def digests(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """20,000 conversations, dirt included: (folder, truths)."""
    folder = tmp_path_factory.mktemp("big")
    options = Options(conversations=20_000, days=90, seed=7, compress=False)
    return folder, generate(options, folder, jobs=2)


@pytest.fixture(scope="module")
def recount(big):
    return count_again(big[0])


def count_again(folder):
    """The realised numbers, from the files alone."""
    found = count_events(folder)
    found.update(count_points(folder))
    found.update(count_suggestions(folder))
    return found


def count_events(folder):
    found, stages, kinds, groups = Counter(), defaultdict(set), {}, defaultdict(set)
    openings = {}  # the first answer: (time, intent)
    seen, before = set(), None
    for event in read_records(folder, "events"):
        line = json.dumps(event)
        if event["conversation_id"] != before:
            before, seen = event["conversation_id"], set()
        if line in seen:
            found["lines/duplicates"] += 1
            continue
        seen.add(line)
        name, what = event["conversation_id"], event["event_type"]
        properties = event["properties"]
        found[f"event_types/{what}"] += 1
        found["lines/unknown_event_types"] += what in (
            "typing_indicator",
            "link_clicked",
        )
        found["lines/extra_field"] += "trace_id" in event
        found["lines/dirty/future_timestamp"] += event["timestamp"] > "2099"
        if what in FUNNEL:
            stages[name].add(FUNNEL[what])
        if what == "message_received":
            said = event["timestamp"], properties["intent"]
            openings[name] = min(said, openings.get(name, said))
        if what.startswith("message_"):
            found[f"messages/{properties['sender']}"] += 1
            if "sentiment" in properties:
                found["sentiment/count"] += 1
                found["sentiment/sum_hundredths"] += round(
                    properties["sentiment"] * 100
                )
            for label in ("intent_correct", "response_appropriate"):
                if label in properties:
                    found[f"labels/{label}/count"] += 1
                    found[f"labels/{label}/true"] += properties[label]
        elif what == "conversation_started":
            is_sales = "first_message_variant" in properties
            kinds[name] = "sales" if is_sales else "help"
            if is_sales and date.fromisoformat(event["timestamp"][:10]) < MATURED:
                groups[name].add(("sales_matured", "all"))
            if is_sales:
                groups[name].add(("industry", properties["industry"]))
        elif what == "experiment_exposed":
            groups[name].add((properties["experiment"], properties["variant"]))
        elif what == "deal_closed":
            found["money/revenue_cents"] += round(properties["amount"] * 100)
        elif what == "cost_incurred":
            found["money/event_cost_cents"] += round(properties["amount"] * 100)
        elif what == "survey_answered":
            found["csat/survey_count"] += 1
            found["csat/survey_detractors"] += properties["score"] <= 2
            found["csat/survey_sum"] += properties["score"]
        elif what == "conversation_ended":
            found[f"outcomes/{properties['outcome']}"] += 1
    found["in_feeds/events"] = len(kinds)
    found["conversations/sales"] = list(kinds.values()).count("sales")
    for name, reached in stages.items():
        slices = [("all", "all"), *groups[name]]
        if kinds[name] == "sales":
            slices.append(("kind", "sales"))
            if name in openings:
                slices.append(("opening_intent", openings[name][1]))
        for dimension, segment in slices:
            for stage in reached:
                found[f"funnel/{dimension}/{segment}/{stage}"] += 1
    return found


def count_points(folder):
    found, names = Counter(), set()
    for point in read_records(folder, "support_metrics"):
        what, value = point["metric_name"], point["value"]
        names.add(point["conversation_id"])
        found[f"metric_points/{what}"] += 1
        if what == "csat" and value == 7:
            found["lines/dirty/csat_7"] += 1
        elif what == "csat":
            found["csat/metric_count"] += 1
            found["csat/metric_sum"] += value
            found["csat/metric_detractors"] += value <= 2
        elif what == "cost":
            found["money/support_cost_cents"] += round(value * 100)
        elif what == "escalation":
            found["support/escalated"] += value
            intent = f"support/by_intent/{point['dimension']['intent']}"
            found[f"{intent}/count"] += 1
            found[f"{intent}/escalated"] += value
        elif what == "conversation_turns":
            found["support/turns"] += value
        elif what == "resolution_time":
            found["support/resolved"] += point["dimension"]["resolved"]
            found["lines/dirty/negative_resolution_time"] += value < 0
    found["in_feeds/support_metrics"] = len(names)
    return found


def count_suggestions(folder):
    """Of the latest version of every conversation."""
    found, latest = Counter(), {}
    for record in read_records(folder, "conversations"):
        name, at = (
            record["conversationName"],
            int(record["conversationUpdateTimestampUtc"]),
        )
        found["lines/reexports"] += name in latest
        if name not in latest or at > int(
            latest[name]["conversationUpdateTimestampUtc"]
        ):
            latest[name] = record
    found["in_feeds/conversations"] = found["conversations/assist"] = len(latest)
    for record in latest.values():
        for position, sentence in enumerate(record["sentences"]):
            found[f"assist/sentences/{sentence['participantRole']}"] += 1
            said = next(
                (
                    later["sentence"]
                    for later in record["sentences"][position + 1 :]
                    if later["participantRole"] == "HUMAN_AGENT"
                ),
                None,
            )
            for annotation in sentence["annotations"]:
                count_annotation(found, annotation, said)
            shown = [a for a in sentence["annotations"] if a["displayed"]]
            for what, annotations in (
                ("with", sentence["annotations"]),
                ("displayed", shown),
                ("clicked", [a for a in shown if a["clicked"]]),
            ):
                for kind in {annotation["type"] for annotation in annotations}:
                    found[f"assist/sentences_{what}/{kind}"] += 1
            roles = [later["participantRole"] for later in record["sentences"]]
            if roles[position] == "HUMAN_AGENT":
                found["assist/agent_messages"] += 1
                found["assist/agent_messages_with_clicked_reply"] += any(
                    annotation["clicked"] and annotation["type"] == "SMART_REPLY"
                    for annotation in record["sentences"][position - 1]["annotations"]
                )
        for kind in {a["type"] for s in record["sentences"] for a in s["annotations"]}:
            found[f"assist/conversations_with/{kind}"] += 1
    return found


def count_annotation(found, annotation, said):
    kind, record = annotation["type"], json.loads(annotation["annotationRecord"])
    prefix = f"assist/suggestions/{kind}"
    found[f"{prefix}/count"] += 1
    found[f"{prefix}/clicked"] += annotation["clicked"]
    found[f"{prefix}/displayed"] += annotation["displayed"]
    found["assist/suggestions/all"] += 1
    if kind == "SMART_REPLY" and annotation["clicked"]:
        use = "unused"
        if said is not None:
            use = "verbatim" if record["reply"] in said else "edited"
        found[f"assist/clicked_replies/{use}"] += 1
    generated = record.get("generatorSuggestion", {}).get("summarySuggestion")
    if generated or kind == "CONVERSATION_SUMMARIZATION_SUGGESTION":
        text = record.get("text") or " ".join(
            part["summary"] for part in generated["summarySections"]
        )
        use = "no_feedback"
        if "detailedFeedback" in annotation:
            feedback = json.loads(annotation["detailedFeedback"])
            final = feedback["summarizationFeedback"]["summaryText"]
            use = "verbatim" if final == text else "edited"
        found[f"assist/summaries/{'generator' if generated else 'legacy'}/{use}"] += 1


def flatten(tree, path=""):
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from flatten(value, f"{path}{name}/")
        else:
            yield f"{path}{name}", value


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    options = Options(conversations=300, days=20)
    for name, jobs in (("one", 1), ("two", 2)):
        generate(options, tmp_path / name, jobs)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_seed_gives_other_records(tmp_path):
    for seed in (1, 2):
        generate(Options(conversations=100, days=10, seed=seed), tmp_path / str(seed))
    first, second = digests(tmp_path / "1"), digests(tmp_path / "2")
    shared = set(first) & set(second)
    assert shared and all(first[name] != second[name] for name in shared)


def test_a_second_run_leaves_nothing_of_the_first(tmp_path):
    generate(Options(conversations=900, days=9), tmp_path / "used")
    for name in ("used", "fresh"):
        generate(Options(conversations=100, days=5), tmp_path / name)
    assert digests(tmp_path / "used") == digests(tmp_path / "fresh")


def test_files_of_others_are_never_removed(tmp_path):
    theirs = tmp_path / "events" / "theirs.jsonl"
    theirs.parent.mkdir()
    theirs.write_text("{}\n")
    with pytest.raises(Exception, match="did not write"):
        generate(Options(conversations=10), tmp_path)
    assert theirs.read_text() == "{}\n"


def test_memory_does_not_grow_with_the_conversations(tmp_path):
    code = (
        "import resource, sys; from pathlib import Path;"
        "from scripts.generate_exports import Options, generate;"
        "o = Options(conversations=int(sys.argv[1]), days=2, compress=False);"
        "generate(o, Path(sys.argv[2]));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = {}
    for size in (1_000, 12_000):
        command = [sys.executable, "-c", code, str(size), str(tmp_path / str(size))]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        peaks[size] = int(ran.stdout)
    written = sum(p.stat().st_size for p in tmp_path.rglob("*") if p.is_file())
    assert written > 20_000_000
    allowed = 3_000 * (1024 if sys.platform == "darwin" else 1)
    assert peaks[12_000] - peaks[1_000] < allowed, peaks


def test_truths_match_a_recount_of_the_files(big, recount):
    """All but what the files do not tell, like which message answers which."""
    told = dict(flatten(big[1]["realised"]))
    recounted = {name: count for name, count in recount.items() if count}
    assert {name: told.get(name) for name in recounted} == recounted
    unknowable = ("bot_replies/", "sentiment/", "lines/out_of_order")
    unknowable += ("conversations/", "funnel/kind/")
    unchecked = {name for name, count in told.items() if count} - set(recounted)
    assert {name for name in unchecked if not name.startswith(unknowable)} == set()


def is_near(hits, tries, rate):
    """Within four and a half standard errors: one in 150,000 by chance."""
    return abs(hits / tries - rate) < 4.5 * (rate * (1 - rate) / tries) ** 0.5


def test_realised_rates_are_near_the_planted_ones(big):
    planted, told = big[1]["planted"], big[1]["realised"]
    checks, funnel = [], told["funnel"]
    for variant, rate in planted["responded_given_started"].items():
        stages = funnel["first_message"][variant]
        checks.append((stages["responded"], stages["started"], rate))
    matured = funnel["sales_matured"]["all"]
    for stage, rate in planted["stage_given_previous"].items():
        before = STAGES[STAGES.index(stage) - 1]
        checks.append((matured[stage], matured[before], rate))
    openings, divergence = funnel["opening_intent"], planted["divergence"]
    asked = openings[divergence["intent"]]
    all_booked = sum(stages["booked"] for stages in openings.values())
    answered = sum(stages["responded"] for stages in openings.values())
    not_booked = asked["responded"] - asked["booked"], answered - all_booked
    checks.append((asked["booked"], all_booked, divergence["booked"]))
    checks.append((*not_booked, divergence["not_booked"]))
    for weather, rates in planted["per_bot_reply"].items():
        replies = told["bot_replies"][weather]
        for what, rate in rates.items():
            checks.append((replies[what], replies["replies"], rate))
    for label in ("intent_correct", "response_appropriate"):
        labelled = told["labels"][label]
        checks.append((labelled["true"], labelled["count"], planted[label]))
    sentences = told["assist"]["sentences"]["END_USER"]
    for kind in ("SMART_REPLY", "ARTICLE_SUGGESTION", "FAQ"):
        with_kind = told["assist"]["sentences_with"][kind]
        checks.append((with_kind, sentences, planted["suggested"][kind]))
    for kind, share in planted["kinds"].items():
        conversations = told["conversations"]
        checks.append((conversations[kind], conversations["all"], share))
    assert [check for check in checks if not is_near(*check)] == []


def test_the_planted_differences_are_there_and_the_a_a_pair_has_none(big):
    planted, funnel = big[1]["planted"], big[1]["realised"]["funnel"]

    def rate(dimension, segment, stage, of):
        stages = funnel[dimension][segment]
        return stages[stage] / stages[of]

    lifts = {
        experiment: rate(experiment, one, "qualified", "responded")
        - rate(experiment, other, "qualified", "responded")
        for experiment, one, other in (
            ("first_message", "friendly", "control"),
            ("greeting_aa", "b", "a"),
        )
    }
    qualified = planted["qualified_given_responded"]
    planted_lift = qualified["friendly"] - qualified["control"]
    assert abs(lifts["first_message"] - planted_lift) < 0.04
    assert abs(lifts["greeting_aa"]) < 0.04
    others = [name for name in funnel["industry"] if name != "healthcare"]
    rates = [rate("industry", name, "qualified", "responded") for name in others]
    healthcare = rate("industry", "healthcare", "qualified", "responded")
    lift = healthcare - sum(rates) / len(rates)
    assert abs(lift - planted["qualified_lift"]["healthcare"]) < 0.06
    sentiment = big[1]["realised"]["sentiment"]
    means = {
        weather: sentiment[weather]["sum_hundredths"]
        / sentiment[weather]["count"]
        / 100
        for weather in ("normal", "incident")
    }
    drop = means["incident"] - means["normal"]
    assert abs(drop - planted["incident_sentiment"]) < 0.1


def undeclared(value, declared, path):
    """Paths of a record that raw_tables does not declare."""
    if isinstance(declared, list):
        for item in value:
            yield from undeclared(item, declared[0], path)
    elif isinstance(declared, dict):
        for name, inner in value.items():
            if name not in declared:
                yield f"{path}.{name}"
            else:
                yield from undeclared(inner, declared[name], f"{path}.{name}")


@pytest.mark.parametrize("clean", [True, False])
def test_records_have_declared_fields_only(tmp_path, clean):
    options = Options(conversations=1500, days=40, clean=clean)
    lines = generate(options, tmp_path)["realised"]["lines"]
    found = {
        path
        for feed, table in FEEDS.items()
        for record in read_records(tmp_path, feed)
        for path in undeclared(record, table, feed)
    }
    assert found == (set() if clean else {"events.trace_id"})
    dirt = {"dirty", "unknown_event_types", "extra_field"} & set(lines)
    assert dirt == (set() if clean else {"dirty", "unknown_event_types", "extra_field"})


def test_no_event_is_after_the_end(big):
    end = Options().end
    times = {event["timestamp"] for event in read_records(big[0], "events")}
    late = {time for time in times if date.fromisoformat(time[:10]) > end}
    assert late == {"2099-01-01T00:00:00Z"}


def test_the_sample_is_what_the_generator_writes(tmp_path):
    """Lines are compared, not compressed bytes: zlib builds pack differently."""
    generate(Options(), tmp_path)
    written = {path for path in digests(SAMPLE) if path != "README.md"}
    assert written == set(digests(tmp_path))
    for path in written - {"truths.json"}:
        assert read_lines(SAMPLE / path) == read_lines(tmp_path / path), path
        assert (SAMPLE / path).read_bytes()[4:8] == bytes(4), "no time in the gzip"
    truths = [(folder / "truths.json").read_bytes() for folder in (SAMPLE, tmp_path)]
    assert truths[0] == truths[1]


def test_the_sample_is_small_and_shows_everything():
    sizes = [path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()]
    assert sum(sizes) < 2_000_000
    truths = json.loads((SAMPLE / "truths.json").read_text(encoding="utf-8"))
    lines = dict(flatten(truths["realised"]["lines"]))
    assert set(lines) == {
        "dirty/csat_7",
        "dirty/future_timestamp",
        "dirty/negative_resolution_time",
        "duplicates",
        "extra_field",
        "out_of_order",
        "reexports",
        "unknown_event_types",
    }
    lengths = {path: len(read_lines(SAMPLE / path)) for path in truths["files"]}
    assert lengths == truths["files"]
    text = "".join(json.dumps(r) for r in read_records(SAMPLE, "conversations"))
    assert "\\u00fc" in text and "\\u4f" in text and "\\ud83" in text
