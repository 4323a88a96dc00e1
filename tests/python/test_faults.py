"""What a refresh survives: a few of the faults of benchmarks/faults.py, every time."""

import random

import pytest

from benchmarks import faults


@pytest.mark.parametrize("step", faults.KILLS)
@pytest.mark.parametrize(
    "kills", [3, pytest.param(25, marks=pytest.mark.slow)], ids=["3", "25"]
)
def test_killed_at_random_moments_the_next_run_ends_the_same(tmp_path, step, kills):
    faults.KILLS[step](tmp_path, kills, random.Random(kills))


@pytest.mark.parametrize("fault", faults.FAULTS)
def test_a_fault_is_told_in_one_line_and_mended_by_the_next_run(tmp_path, fault):
    if not faults.works_here(fault):
        pytest.skip("nobody may mount a file system here")
    told = faults.run_fault(fault, tmp_path)
    assert told and len(told.splitlines()) == 1
