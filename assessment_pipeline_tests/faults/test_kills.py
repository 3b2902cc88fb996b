"""A process that is killed, at every operation or at any moment, costs nothing but its time."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter

import pytest

from assessment_pipeline_tests.builders import Bench
from assessment_pipeline_tests.faults.days import (
    IS_FULL_SIZE,
    STRIDE,
    assert_run_again_gives,
    assert_verify_is_not_wrong,
    small_day,
    undisturbed,
)
from assessment_pipeline_tests.faults.disk import Disk, Fault

pytestmark = pytest.mark.slow

KILLS = 200 if IS_FULL_SIZE else 10
KILLS_A_DAY = 5
# A fresh process takes about twice as long for the day as this one.
SLOWNESS = 2


def is_killed_at(bench: Bench, at: int) -> bool:
    """Run the day in a child that dies just before an operation; return whether it got there."""
    child = os.fork()
    if child == 0:
        try:
            with Disk(bench.home.folder, Fault(at)).watched():
                bench.run()
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.waitstatus_to_exitcode(status) == 0, f"operation {at}: the child failed by itself"
    return False


def test_whichever_operation_a_process_dies_at_the_next_run_is_right(tmp_path: Path) -> None:
    expected = undisturbed(tmp_path / "undisturbed")
    said: Counter[str] = Counter()
    at = 2
    while is_killed_at(bench := small_day(tmp_path / f"{at}"), at):
        when = f"killed at operation {at}"
        said[assert_verify_is_not_wrong(bench, expected, when)] += 1
        assert_run_again_gives(bench, expected, when)
        at += STRIDE
    assert at > 150
    assert said["incomplete"] > 0


def test_a_process_killed_at_any_moment_again_and_again_costs_nothing(tmp_path: Path) -> None:
    started = perf_counter()
    expected = undisturbed(tmp_path / "undisturbed")
    longest_seconds = SLOWNESS * (perf_counter() - started)
    chance = random.Random(20_251_120)  # noqa: S311 - to be repeatable, not secret
    killed = attempts = 0
    while killed < KILLS:
        bench = small_day(tmp_path / f"{attempts}")
        for _ in range(KILLS_A_DAY):
            attempts += 1
            delay_seconds = chance.uniform(0, longest_seconds)
            was_killed = is_killed_after(bench, delay_seconds)
            killed += was_killed
            when = f"attempt {attempts}, {killed} kills, the last after {delay_seconds:.4f} s"
            assert_verify_is_not_wrong(bench, expected, when)
            if not was_killed:
                break
        assert_run_again_gives(bench, expected, when)
        assert attempts < 10 * KILLS, "the process is nearly always done before it is killed"


def is_killed_after(bench: Bench, delay_seconds: float) -> bool:
    """Run the day in a process of its own, with kill -9 after a while unless it is done."""
    command = [sys.executable, "-m", "assessment_pipeline_tests.faults.day_runner"]
    with subprocess.Popen([*command, bench.home.folder], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            process.wait(delay_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    assert process.returncode in {0, -signal.SIGKILL}
    return process.returncode == -signal.SIGKILL
