"""The daemon at work on a home: sensor, schedule, killed processes, files that change."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assessment_pipeline.core.ledger_events import ScoringRunCreated
from assessment_pipeline.services.verify import verify
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.installations import Installation, answers
from assessment_pipeline_tests.services_real.served_pages import (
    ServedPage,
    descendants,
    served_page,
)

pytestmark = pytest.mark.slow

WAIT_SECONDS = 180
TODAY = datetime.now(UTC).date()
DAYS = [(TODAY - timedelta(days=number)).isoformat() for number in range(6)]
SETTINGS = {
    "ASSESSMENT_PIPELINE_FIRST_DATE": DAYS[-1],
    "ASSESSMENT_PIPELINE_SENSOR_INTERVAL_SECONDS": "1",
}
# Enough work that a run can be killed in the middle of it.
MANY = 12_000

REPOSITORY = {
    "repositoryLocationName": "assessment_pipeline",
    "repositoryName": "__repository__",
}
START_SENSOR = """
mutation Start($selector: SensorSelector!) {
  startSensor(sensorSelector: $selector) { __typename ... on PythonError { message } }
}
"""
START_SCHEDULE = """
mutation Start($selector: ScheduleSelector!) {
  startSchedule(scheduleSelector: $selector) { __typename ... on PythonError { message } }
}
"""
RUNS = """
{ runsOrError { ... on Runs { results { runId status tags { key value } } } } }
"""
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}


def start_sensor(page: ServedPage) -> None:
    selector = {**REPOSITORY, "sensorName": "delivery_session_sensor"}
    started = page.queried(START_SENSOR, {"selector": selector})
    assert started["startSensor"]["__typename"] == "Sensor", started


def start_schedule(page: ServedPage) -> None:
    selector = {**REPOSITORY, "scheduleName": "nightly_scoring_schedule"}
    started = page.queried(START_SCHEDULE, {"selector": selector})
    assert started["startSchedule"]["__typename"] == "ScheduleStateResult", started


def runs_of(page: ServedPage) -> list[dict[str, Any]]:
    """Return all runs, the oldest first, each with its tags as a mapping."""
    found = page.queried(RUNS)["runsOrError"]["results"]
    return [
        {**run, "tags": {tag["key"]: tag["value"] for tag in run["tags"]}}
        for run in reversed(found)
    ]


def day_of(run: dict[str, Any]) -> str:
    return str(run["tags"].get("dagster/partition"))


def wait_for(page: ServedPage, is_reached: Callable[[list[dict[str, Any]]], bool]) -> list[Any]:
    """Return the runs as soon as they are as they should be."""
    runs: list[dict[str, Any]] = []
    for _ in range(WAIT_SECONDS * 2):
        runs = runs_of(page)
        if is_reached(runs):
            return runs
        page.wait(0.5)
    told = [(day_of(run), run["status"]) for run in runs]
    raise AssertionError(f"not reached in {WAIT_SECONDS} seconds; the runs are {told}")


def have_ended(*days: str) -> Callable[[list[dict[str, Any]]], bool]:
    """Whether there are just so many runs of these days and all have ended."""

    def is_reached(runs: list[dict[str, Any]]) -> bool:
        are_ended = all(run["status"] in ENDED for run in runs)
        return are_ended and Counter(map(day_of, runs)) >= Counter(days)

    return is_reached


def score_runs(installation: Installation) -> int:
    """Return how many score runs are recorded; each may be there once."""
    with Ledger.read(installation.home.ledger) as ledger:
        keys = [entry.dedup_key for entry in ledger.find(event_type=ScoringRunCreated.event_type)]
    assert len(keys) == len(set(keys))
    return len(keys)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "home")


@pytest.fixture
def page(installation: Installation) -> Iterator[ServedPage]:
    with served_page(installation.home.folder, **SETTINGS) as served:
        start_sensor(served)
        yield served


def test_the_sensor_scores_new_files_late_ones_and_days_whose_run_has_failed(
    installation: Installation, page: ServedPage
) -> None:
    first, second = DAYS[2], DAYS[1]
    installation.deliver(answers("s-1"), day=first)
    installation.deliver(answers("s-2"), day=first, name="b")
    installation.deliver(answers("s-3"), day=second)
    runs = wait_for(page, have_ended(first, second))
    assert {day_of(run): run["status"] for run in runs} == {first: "SUCCESS", second: "SUCCESS"}
    assert len(runs) == 2, "the files of one day are one run"

    installation.deliver(answers("s-4"), day=first, name="late")
    wait_for(page, have_ended(first, first, second))
    assert score_runs(installation) == 4

    # A captured file that changes fails its run, again and again, but not for ever.
    path = installation.deliver(answers("s-3"), answers("s-5"), day=second)
    runs = wait_for(page, have_ended(first, first, *[second] * 4))
    failed = [run for run in runs if run["status"] == "FAILURE"]
    assert [day_of(run) for run in failed] == [second] * 3
    assert score_runs(installation) == 4

    # Put back, with the new session in a file of its own, the day is scored at once.
    installation.deliver(answers("s-3"), day=second)
    installation.deliver(answers("s-5"), day=second, name="new")
    runs = wait_for(page, have_ended(first, first, *[second] * 5))
    assert runs[-1]["status"] == "SUCCESS"
    assert path.is_file()
    assert score_runs(installation) == 5
    assert verify(installation.home).outcome == "right"


def test_a_daemon_that_is_killed_loses_and_doubles_nothing(installation: Installation) -> None:
    with served_page(installation.home.folder, **SETTINGS) as page:
        start_sensor(page)
        for number, day in enumerate(DAYS[1:4]):
            installation.deliver(answers(f"s-{number}"), day=day)
        wait_for(page, lambda runs: len(runs) > 0)
        # In the middle of a tick's launches, or of the runs.
        for each, line in descendants(page.process.pid).items():
            if "_daemon" in line:
                os.kill(each, signal.SIGKILL)
        page.process.wait(60)
    installation.deliver(answers("s-9"), day=DAYS[1], name="late")

    with served_page(installation.home.folder, **SETTINGS) as page:
        # The sensor is still on; a run that died with its daemon does not stop the others.
        wait_for(page, lambda _: len(installation.home.scored_days()) == 3)
        wait_for(page, lambda _: score_runs(installation) == 4)
        wait_for(page, lambda runs: all(run["status"] in ENDED for run in runs))
    assert verify(installation.home).outcome == "right"


def test_a_run_whose_process_is_killed_is_marked_failed_and_tried_again(
    installation: Installation, page: ServedPage
) -> None:
    day = DAYS[3]
    installation.deliver(*(answers(f"s-{number}") for number in range(MANY)), day=day)
    wait_for(page, lambda runs: any(run["status"] == "STARTED" for run in runs))
    (worker,) = [
        each
        for each, line in descendants(page.process.pid).items()
        if "multiprocessing.spawn" in line and "spawn_main" in line
    ]
    os.kill(worker, signal.SIGKILL)

    runs = wait_for(page, lambda runs: any(run["status"] == "SUCCESS" for run in runs))
    assert [run["status"] for run in runs[:2]] == ["FAILURE", "SUCCESS"]
    assert runs[1]["tags"]["dagster/parent_run_id"] == runs[0]["runId"]
    assert score_runs(installation) == MANY
    assert verify(installation.home).outcome == "right"


def test_a_run_that_died_with_everything_else_is_found_dead_and_repeated(
    installation: Installation,
) -> None:
    day = DAYS[3]
    installation.deliver(*(answers(f"s-{number}") for number in range(MANY)), day=day)
    with served_page(installation.home.folder, **SETTINGS) as page:
        start_sensor(page)
        wait_for(page, lambda runs: any(run["status"] == "STARTED" for run in runs))
        # As a power cut does: nobody is left to say what became of the run.
        for each in (*descendants(page.process.pid), page.process.pid):
            os.kill(each, signal.SIGKILL)
        page.process.wait(60)

    with served_page(installation.home.folder, **SETTINGS) as page:
        runs = wait_for(page, lambda runs: any(run["status"] == "SUCCESS" for run in runs))
    assert [run["status"] for run in runs] == ["FAILURE", "SUCCESS"]
    assert runs[1]["tags"]["dagster/parent_run_id"] == runs[0]["runId"]
    assert score_runs(installation) == MANY
    assert verify(installation.home).outcome == "right"


def test_the_schedule_ticks_at_its_time_in_its_zone(installation: Installation) -> None:
    # Half an hour beside the hour of most zones, so that a zone that is not kept shows.
    zone = ZoneInfo("Asia/Kolkata")
    at = datetime.now(zone) + timedelta(seconds=75)
    yesterday = (at.date() - timedelta(days=1)).isoformat()
    pending = (at.date() - timedelta(days=3)).isoformat()
    installation.deliver(answers("s-1"), day=pending)
    settings = {
        **SETTINGS,
        "ASSESSMENT_PIPELINE_TIMEZONE": zone.key,
        "ASSESSMENT_PIPELINE_SCHEDULE_TIME": f"{at:%H:%M}",
    }
    with served_page(installation.home.folder, **settings) as page:
        start_schedule(page)
        runs = wait_for(page, have_ended(yesterday, pending))

    assert {day_of(run): run["status"] for run in runs} == {
        yesterday: "SUCCESS",
        pending: "SUCCESS",
    }
    ticked = {run["tags"]["dagster/schedule_name"] for run in runs}
    assert ticked == {"nightly_scoring_schedule"}
    assert score_runs(installation) == 1
