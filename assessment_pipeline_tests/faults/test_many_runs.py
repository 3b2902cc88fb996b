"""Runs at once, in processes of their own, come to what one run alone would have come to."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assessment_pipeline_tests.builders import Bench, answers, files_below
from assessment_pipeline_tests.faults.days import IS_FULL_SIZE, Outcome, outcome_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
# The sensor looks back for some days, so these are of the present.
TODAY = datetime.now(UTC).date()
DAYS = [(TODAY - timedelta(days=ago)).isoformat() for ago in (2, 1)]
# Each imports Dagster, which costs seconds of work.
SCORERS = 8 if IS_FULL_SIZE else 3

SCORE = ("assessment_pipeline", "score")
RUN_JOB = "assessment_pipeline_tests.pipeline.run_job"


def two_days(folder: Path) -> Bench:
    """Return a home with two days that are not scored, one session in both of them."""
    bench = Bench(folder / "home")
    for day in DAYS:
        bench.deliver(answers(f"s-{day}"), answers("s-2", "C"), b"{not a session", day=day)
        bench.deliver(answers(f"t-{day}", None), answers("s-2", "C"), name="b", day=day)
    return bench


def start(bench: Bench, *command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={
            **os.environ,
            "ASSESSMENT_PIPELINE_HOME": str(bench.home.folder),
            "ASSESSMENT_PIPELINE_FIRST_DATE": "2025-01-01",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def all_end_well(processes: Sequence["subprocess.Popen[str]"]) -> None:
    said = [process.communicate("go\n") for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), said


def serial(folder: Path, *days: str) -> Outcome:
    """Return what the days come to in one process, one after the other."""
    bench = two_days(folder)
    for day in days:
        bench.run(day)
    return outcome_of(bench)


def assert_as_serial(bench: Bench, expected: Outcome) -> None:
    """Check every byte, that the ledger has each entry once, and that all of it verifies.

    Entries of two days may be recorded in turn.
    """
    outcome = outcome_of(bench)
    assert outcome.files == expected.files
    assert sorted(outcome.recorded) == sorted(expected.recorded)
    found = bench.verify()
    assert found.differences == []


def test_several_scores_of_one_day_at_once_are_one(tmp_path: Path) -> None:
    bench = two_days(tmp_path / "at-once")
    processes = [start(bench, *SCORE, "--date", DAYS[0]) for _ in range(SCORERS)]

    all_end_well(processes)

    assert_as_serial(bench, serial(tmp_path / "serial", DAYS[0]))


def test_scores_of_two_days_of_one_home_at_once_are_both_right(tmp_path: Path) -> None:
    bench = two_days(tmp_path / "at-once")
    processes = [start(bench, *SCORE, "--date", day) for day in DAYS]

    all_end_well(processes)

    assert_as_serial(bench, serial(tmp_path / "serial", *DAYS))
    assert bench.verify().outcome == "right"


def test_a_run_of_the_sensor_one_of_a_backfill_and_the_nightly_one_at_once_are_one(
    tmp_path: Path,
) -> None:
    """All on one Dagster instance; only `score` holds the day as a whole."""
    bench = two_days(tmp_path / "at-once")
    bench.home.create()
    launched = [start(bench, RUN_JOB, launcher, DAYS[0]) for launcher in ("sensor", "backfill")]
    for process in launched:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    all_end_well([*launched, start(bench, *SCORE, "--date", DAYS[0])])

    assert_as_serial(bench, serial(tmp_path / "serial", DAYS[0]))
    runs = [name for name in files_below(bench.home.dagster / "history" / "runs") if "-" in name]
    assert len([name for name in runs if name.endswith(".db")]) == 3
