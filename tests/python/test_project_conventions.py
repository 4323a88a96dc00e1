"""The shape of the repository: rules that README and CONTRIBUTING state, as tests."""

import json
import re

import pytest

from tests.python.conftest import PROJECT

PREFIXES = {
    "staging": ("base_", "stg_"),
    "intermediate": ("int_",),
    "marts": ("",),
    "utilities": ("",),
}
KEY_TESTS = ("unique", "unique_combination")
# Which layers a model of a layer may read.
MAY_READ = {
    "staging": {"source", "seed", "staging"},
    "intermediate": {"seed", "staging", "intermediate", "utilities", "core", "metrics"},
    "utilities": {"seed", "staging", "intermediate", "utilities"},
    "marts": {"seed", "staging", "intermediate", "marts", "utilities"},
}


@pytest.fixture(scope="module")
def manifest(dbt, target_path, tmp_path_factory):
    dbt(tmp_path_factory.mktemp("parse") / "w.duckdb", "parse")
    return json.loads((target_path / "manifest.json").read_text())


@pytest.fixture(scope="module")
def models(manifest):
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }


def layer(node):
    return node["path"].split("/")[0]


def test_a_model_lies_where_its_name_says(models):
    for name, node in models.items():
        prefixes = PREFIXES[layer(node)]
        assert name.startswith(prefixes), node["path"]
        if layer(node) == "staging":
            assert name.split("__")[0].split("_", 1)[1] == node["path"].split("/")[1]
        if layer(node) in ("marts", "utilities"):
            assert not name.startswith(("base_", "stg_", "int_", "fct_", "dim_"))


def test_layers_read_only_what_they_may(manifest, models):
    """Sources are read by staging alone; these report what scripts recorded."""
    reports = {
        "data_quality": ("landed_files", "schema_drift"),
        "feed_freshness": ("landed_files",),
        "refresh_runs": ("refresh_runs",),
    }
    for name, node in models.items():
        for parent in node["depends_on"]["nodes"]:
            kind = parent.split(".")[0]
            if kind == "model":
                kind = layer(manifest["nodes"][parent])
                if kind == "marts" and layer(node) == "intermediate":
                    # Conversations, messages and the metrics: what all else stands on.
                    kind = manifest["nodes"][parent]["path"].split("/")[1]
            if kind == "source" and parent.split(".")[-1] in reports.get(name, ()):
                continue
            assert kind in MAY_READ[layer(node)], f"{name} reads {parent}"


def test_a_model_says_its_grain_and_fits_a_screen(models):
    for node in models.values():
        text = (PROJECT / node["original_file_path"]).read_text()
        assert re.match(r'(\{#\s+|""")Grain: one row', text), node["path"]
        if node["language"] == "sql":
            assert text.endswith("select * from final\n"), node["path"]
        assert len(text.splitlines()) <= 150, node["path"]
        assert "target.type" not in text, node["path"]


def test_every_model_is_described_and_has_a_key(manifest, models):
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and node.get("test_metadata", {}).get("name") in KEY_TESTS
    }
    without_key = {"int_records_landed", "as_of"}
    for name, node in models.items():
        assert node["description"], name
        assert node["unique_id"] in tested or name in without_key, f"{name} has no key"


def test_marts_have_contracts_and_describe_every_column(models):
    for name, node in models.items():
        if layer(node) == "marts":
            assert node["config"]["contract"]["enforced"], name
            for column in node["columns"].values():
                assert column["description"], f"{name}.{column['name']}"


def test_declared_tests_run(manifest):
    """A test that is declared and switched off is worse than none."""
    assert not manifest["disabled"]
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("test", "unit_test"):
            assert node["config"]["enabled"]
            assert node["config"].get("severity", "ERROR").upper() == "ERROR"


def test_property_files_are_short():
    for file in (PROJECT / "models").rglob("*.yml"):
        assert file.name.startswith("_"), file
        assert len(file.read_text().splitlines()) <= 300, file


def sql_alone(file):
    """The SQL of a file: without its Jinja, its comments and its texts."""
    jinja = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
    return re.sub(r"--.*|'[^']*'", "", jinja.sub("", file.read_text()))


def test_models_hold_no_engine_only_sql(models):
    """What differs between engines goes through macros/engine."""
    forbidden = re.compile(
        r"\b(unnest|json_extract\w*|from_json|to_json|date_diff|epoch\w*|list_\w+|arg_min|"
        r"arg_max|quantile_cont|regexp_\w+|try_cast|make_timestamp|qualify|len|range|"
        r"generate_series|to_(?:seconds|days)|string_agg)\s*\("
        r"|\b(?:varchar|recursive|lambda|qualify)\b|::json|\w\[\d|\"\w+\"",
        re.IGNORECASE,
    )
    files = [PROJECT / node["original_file_path"] for node in models.values()]
    files += (PROJECT / "tests/dbt").rglob("*.sql")
    for file in files:
        if file.suffix == ".sql":
            found = forbidden.search(sql_alone(file))
            assert not found, (file, found)


def test_every_engine_macro_is_there_for_both_and_tested():
    """One table of cases runs on both engines: tests/dbt/assertions/engine."""
    (cases,) = (PROJECT / "tests/dbt/assertions/engine").glob("*.sql")
    tested = cases.read_text()
    for file in (PROJECT / "macros/engine").glob("*.sql"):
        text = file.read_text()
        if f"{{% macro {file.stem}(" in text:
            assert re.search(rf"\b{file.stem}\(", tested), file
        if "adapter.dispatch" in text:
            for engine in ("duckdb", "spark"):
                assert f"macro {engine}__{file.stem}(" in text, (file, engine)


@pytest.mark.parametrize(
    "name", sorted(f.name for f in PROJECT.glob("requirements*.lock"))
)
def test_a_lock_pins_and_hashes_everything_and_names_no_address(name):
    lines = (PROJECT / name).read_text().splitlines()
    pinned = [line for line in lines if line and line[0].isalnum()]
    assert all("==" in line for line in pinned)
    assert sum("--hash=" in line for line in lines) >= len(pinned)
    assert not any("://" in line or "index-url" in line for line in lines)
