"""Shared by the tests: throw-away warehouses, and what to compare in them."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from scripts.land_exports import land

PROJECT = Path(__file__).resolve().parents[2]
SHARED = PROJECT.parent / "shared"
# Of `dbt build`. Writing manifest.json twice takes a sixth of a build of few rows.
MODELS_ONLY = ("--exclude-resource-type", "test", "unit_test", "--no-write-json")
# Which file a row came from depends on how the files were cut.
LOAD_COLUMNS = {
    "_file_id",
    "_line_number",
    "_landed_at",
    "file_count",
    "last_landed_at",
}


@pytest.fixture(scope="session")
def shared():
    """The folder of real exports and their answers, outside this repository."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"{SHARED}/data is absent: real exports are not checked")
    return SHARED


@pytest.fixture(scope="session")
def target_path(tmp_path_factory):
    """One target folder for all dbt runs, so that dbt parses the project once."""
    return tmp_path_factory.mktemp("target")


@pytest.fixture(scope="session")
def dbt(target_path):
    """Runs dbt on a warehouse file: dbt(warehouse, "run", "--full-refresh").

    The file is moved to one path for the run: another path is another profile, and dbt
    would parse the whole project again.
    """
    fixed = target_path / "w.duckdb"

    def run(warehouse, *arguments, project=PROJECT, check=True):
        command = [str(Path(sys.executable).with_name("dbt")), *arguments]
        # With other variables dbt parses the whole project, too, and then once more.
        target = target_path / "vars" if "--vars" in arguments else target_path
        command += ["--target-path", str(target), "--log-path", str(target)]
        if warehouse.exists():
            warehouse.rename(fixed)
        try:
            done = subprocess.run(
                [*command, "--no-use-colors"],
                cwd=project,
                env={**os.environ, "WAREHOUSE_PATH": str(fixed)},
                capture_output=True,
                text=True,
            )
        finally:
            if fixed.exists():
                fixed.rename(warehouse)
        assert not check or done.returncode == 0, done.stdout[-4000:] + done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def sample(dbt, target_path, tmp_path_factory):
    """A folder with the sample built, w.duckdb, and the SQL of its models, compiled/.

    One of pytest's workers builds it, the others wait for it and copy it.
    """
    own, made = tmp_path_factory.mktemp("sample"), tmp_path_factory.getbasetemp()
    made = (made.parent if "PYTEST_XDIST_WORKER" in os.environ else made) / "made"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            warehouse = own / "w.duckdb"
            land(PROJECT / "exports", warehouse)
            dbt(warehouse, "build", "--exclude-resource-type", "unit_test")
            shutil.copytree(target_path / "compiled", own / "compiled")
            own.rename(made)
    shutil.copytree(made, own, dirs_exist_ok=True)
    return own


@pytest.fixture(scope="session")
def sample_warehouse(sample):
    """The bundled sample landed and built, once: copy it before you write to it."""
    return sample / "w.duckdb"


def contents(warehouse, schemas=("staging", "intermediate", "marts"), without=()):
    """{table: sorted rows} of every table and view; `without` names columns."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name, list(column_name order by column_index) "
            "from duckdb_columns() where list_contains(?, schema_name) "
            "group by all order by all",
            [list(schemas)],
        ).fetchall()
        found = {}
        for schema, table, columns in tables:
            kept = ", ".join(f'"{c}"' for c in columns if c not in without)
            found[f"{schema}.{table}"] = connection.execute(
                f'select {kept} from "{schema}"."{table}" order by all'
            ).fetchall()
    return found


def assert_same(left, right):
    """Fails naming the first table that differs, and rows that only one side has."""
    assert left.keys() == right.keys()
    for table in left:
        if left[table] != right[table]:
            ours, theirs = (
                [row for row in a if row not in b][:3]
                for a, b in (
                    (left[table], right[table]),
                    (right[table], left[table]),
                )
            )
            pytest.fail(f"{table} differs: only left {ours}, only right {theirs}")
