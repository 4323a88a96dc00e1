"""Real exports and their independent answers, outside this repository."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.land_exports import land
from tests.python.conftest import MODELS_ONLY

# Built alone, each must give its own answers. The JSON array forms are not supported;
# negative values and CSAT out of range are left out of metrics, which come later.
NASTY = [
    "conversations__05_reexport_one_file_newest_first.jsonl",
    "conversations__08_all_versions_in_one_file.jsonl",
    "conversations__14_list_item_json_quoted.parquet",
    "conversations__18_nulls.jsonl",
    "conversations__19_unicode_summaries.jsonl",
    "conversations__20_regex_metacharacters.jsonl",
    "conversations__21_equal_create_times.jsonl",
    "conversations__22_sentences_shuffled.jsonl",
    "conversations__23_json_column_encodings.jsonl",
    "conversations__25_odd_roles_and_types.jsonl",
    "events__02_timestamp_forms.jsonl",
    "events__07_odd_properties.jsonl",
    "events__11_no_started_event.jsonl",
    "events__13_later_stage_without_earlier.jsonl",
    "support_metrics__01_csat_out_of_range.jsonl",
    "support_metrics__06_duplicates.jsonl",
    "support_metrics__08_value_forms.jsonl",
    "support_metrics__10_two_surveys_one_conversation.jsonl",
]
# What the checks read, and nothing else: 30 builds are expensive.
CHECKED = [
    "+funnel_summary",
    "+support_summary",
    "+metrics_daily",
    "+suggestions",
    "+summary_edits",
]
QUICK = {"conversations__23_json_column_encodings.jsonl"}


def check_answers(shared, warehouse, answers):
    return subprocess.run(
        [
            sys.executable,
            str(shared / "checks/check_answers.py"),
            str(warehouse),
            str(answers),
            "--scope=all",
        ],
        capture_output=True,
        text=True,
    )


def build_alone(dbt, shared, tmp_path, files):
    for feed, name in files:
        folder = tmp_path / "exports" / feed
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to((shared / "data/nasty" / feed / name).resolve())
    warehouse = tmp_path / "w.duckdb"
    land(tmp_path / "exports", warehouse)
    dbt(warehouse, "build", *MODELS_ONLY, "--select", *CHECKED)
    return warehouse


def test_real_exports_give_their_answers(dbt, shared, tmp_path):
    warehouse = tmp_path / "w.duckdb"
    land(shared / "data/exports", warehouse)
    dbt(warehouse, "build", "--exclude-resource-type", "unit_test")
    done = check_answers(shared, warehouse, shared / "data/answers/oracle.json")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "name",
    [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in NASTY],
)
def test_a_nasty_file_alone_gives_its_answers(dbt, shared, tmp_path, name):
    feed, _, file = name.partition("__")
    warehouse = build_alone(dbt, shared, tmp_path, [(feed, file)])
    answers = shared / "data/answers/nasty" / f"{name}.json"
    if file.endswith(".parquet"):
        answers = answers.with_name("conversations__14_same_rows_as_parquet.jsonl.json")
    done = check_answers(shared, warehouse, answers)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_two_days_of_a_reexport_give_the_second(dbt, shared, tmp_path):
    days = [("conversations", f"05_reexport_day{day}.jsonl") for day in (1, 2)]
    warehouse = build_alone(dbt, shared, tmp_path, days)
    name = "conversations__05_reexport_day1+day2.json"
    answers = Path(shared / "data/answers/nasty" / name)
    done = check_answers(shared, warehouse, answers)
    assert done.returncode == 0, done.stdout
