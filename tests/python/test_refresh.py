"""The main job: its exit codes, its errors, and what a kill leaves behind."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import duckdb
import pytest

from tests.python.conftest import LOAD_COLUMNS, PROJECT, assert_same, contents

STARTED = (
    '{"event_type":"conversation_started","conversation_id":"c%d",'
    '"timestamp":"2026-01-01T00:00:0%dZ"}\n'
)


@pytest.fixture
def warehouse(target_path):
    """At the path of all dbt runs: on another one dbt would parse the project again."""
    yield target_path / "w.duckdb"
    for left in target_path.glob("w.duckdb*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


@pytest.fixture
def refresh(tmp_path, target_path, warehouse):
    """Runs the script as make does: refresh("--strict") on tmp_path's exports."""
    environment = {
        **os.environ,
        "EXPORTS_DIR": str(tmp_path / "exports"),
        "WAREHOUSE_PATH": str(warehouse),
        "PUBLISH_DIR": str(tmp_path / "published"),
        "DBT_TARGET_PATH": str(target_path),
        "DBT_LOG_PATH": str(target_path),
    }

    def run(*arguments, wait=True, **changes):
        # A pipe that nobody reads fills up and stops the refresh.
        told = subprocess.PIPE if wait else (tmp_path / "told.log").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", "scripts.refresh", *arguments],
            cwd=PROJECT,
            env={**environment, **changes},
            stdout=told,
            stderr=told,
            text=True,
            start_new_session=True,
        )
        if not wait:
            return process
        out, err = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return run


@pytest.fixture
def events(tmp_path):
    folder = tmp_path / "exports" / "events"
    folder.mkdir(parents=True)
    (folder / "1.jsonl").write_text(STARTED % (1, 1) + STARTED % (2, 2))
    return folder


def one_clear_line(done):
    lines = done.stderr.strip().splitlines()
    return len(lines) == 1 and lines[0].startswith("Error: ")


def test_done_is_0_and_rejected_lines_are_3_only_when_strict(
    refresh, events, warehouse, tmp_path
):
    (events / "2.jsonl").write_text(STARTED % (3, 3) + '{"cut": tr')
    done = refresh()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "schema marts" in done.stdout
    assert str(tmp_path / "published" / "marts.duckdb") in done.stdout
    published = str(tmp_path / "published" / "marts.duckdb")
    with duckdb.connect(published, read_only=True) as connection:
        sql = "select list(step order by started_at), bool_and(error is null)"
        ((steps, is_well),) = connection.execute(f"{sql} from refresh_runs").fetchall()
    assert steps[:2] == ["land", "build"] and steps[-1] == "publish" and is_well
    assert (tmp_path / "published" / "site" / "index.html").exists()
    # As long as the file lies there, though nothing new landed.
    assert refresh("--strict").returncode == 3
    marts = contents(warehouse, ("marts",))
    assert [row[0] for row in marts["marts.conversations"]] == ["c1", "c2", "c3"]


@pytest.mark.slow
def test_an_unreadable_file_is_1_and_the_others_are_built(refresh, events, warehouse):
    (events / "2.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00cut")
    done = refresh()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2.jsonl.gz" in done.stdout
    marts = contents(warehouse, ("marts",))
    assert [row[0] for row in marts["marts.conversations"]] == ["c1", "c2"]


def test_wrong_use_is_2(refresh, tmp_path):
    done = refresh("--exports-dir", str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert refresh("--as-of", "yesterday").returncode == 2
    assert refresh("--no-such-option").returncode == 2


def test_help_explains_by_example(refresh):
    done = refresh("--help")
    assert done.returncode == 0
    assert "Exit codes" in done.stdout
    assert "--exports-dir /data/in" in done.stdout


def test_a_file_that_is_no_warehouse_is_one_clear_line(refresh, events, warehouse):
    warehouse.write_text("this is no database, " * 1000)
    done = refresh()
    assert done.returncode == 1
    assert one_clear_line(done), done.stderr
    assert "w.duckdb" in done.stderr


def test_a_warehouse_that_a_client_holds_is_one_clear_line(refresh, events, warehouse):
    code = (
        f"import duckdb, time; c = duckdb.connect({str(warehouse)!r}); "
        "print('open', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE
    ) as client:
        client.stdout.readline()
        done = refresh()
        client.kill()
    assert done.returncode == 1
    assert one_clear_line(done), done.stderr
    assert str(client.pid) in done.stderr


@pytest.mark.slow
def test_a_second_refresh_waits_and_says_for_whom(refresh, events, warehouse, tmp_path):
    first = refresh(wait=False)
    while not warehouse.with_name("w.duckdb.lock").exists():
        time.sleep(0.02)
    time.sleep(0.3)
    second = refresh()
    assert first.wait() == 0, (tmp_path / "told.log").read_text()
    assert second.returncode == 0, second.stdout + second.stderr
    assert f"the refresh of process {first.pid}" in second.stdout


@pytest.mark.slow
def test_as_of_is_where_windows_end(refresh, events, warehouse):
    def as_of():
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            sql = "select cast(as_of as varchar) from intermediate.as_of"
            ((only,),) = connection.execute(sql).fetchall()
            return only

    refresh()
    assert as_of() == "2026-01-01 00:00:02"
    refresh("--as-of", "2025-12-31T12:00:00")
    assert as_of() == "2025-12-31 12:00:00"


@pytest.mark.slow
def test_changed_definitions_build_from_scratch(refresh, events, warehouse):
    refresh()
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update operations.builds set definitions_hash = 'older'")
        connection.execute("update marts.conversations set channel = 'stale'")
    done = refresh()
    assert "building from scratch" in done.stdout
    channel = contents(warehouse, ("marts",), without=LOAD_COLUMNS)
    assert "stale" not in str(channel["marts.conversations"])
    assert "building from scratch" not in refresh().stdout


def killed_and_resumed(refresh, undisturbed, warehouse, seconds, group):
    """Refreshes a new warehouse, is killed on the way, refreshes again."""
    warehouse.unlink()
    process = refresh(wait=False)
    time.sleep(seconds)
    if group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        # dbt lives on as an orphan; the next refresh has to wait for it.
        process.kill()
    process.wait()
    again = refresh()
    assert again.returncode == 0, (seconds, again.stdout[-3000:] + again.stderr)
    assert_same(undisturbed, everything(warehouse))


def everything(warehouse):
    """All tables; when something landed or was built is not part of the state."""
    without = {"_landed_at", "landed_at", "first_landed_at", "last_landed_at"}
    found = contents(warehouse, ("raw", "staging", "intermediate", "marts"), without)
    return {table: rows for table, rows in found.items() if "refresh_runs" not in table}


@pytest.mark.slow
def test_killed_at_any_moment_the_next_refresh_ends_the_same(refresh, warehouse):
    def refresh_sample(**options):
        return refresh(EXPORTS_DIR=str(PROJECT / "exports"), **options)

    started = time.monotonic()
    done = refresh_sample()
    assert done.returncode == 0, done.stdout + done.stderr
    duration = time.monotonic() - started
    undisturbed = everything(warehouse)
    rng = random.Random(4)
    for number in range(4):
        killed_and_resumed(
            refresh_sample,
            undisturbed,
            warehouse,
            rng.uniform(0.2, duration),
            group=number % 2 == 0,
        )
