"""The nightly schedule: what one tick asks for."""

import os
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from assessment_pipeline.defs.build import build_defs
from assessment_pipeline_tests.deliveries import line_of
from assessment_pipeline_tests.installations import Installation, answers

# Two in the morning of the 22nd in Berlin.
TICK = datetime(2025, 11, 22, 1, 0, tzinfo=UTC)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "home", timezone="Europe/Berlin", first_date="2025-11-01")


def requested(installation: Installation, tick: datetime = TICK) -> dict[str, str]:
    """Return partition -> run_key of what a tick asks for."""
    repository = build_defs(installation.settings).get_repository_def()
    schedule = repository.get_schedule_def("nightly_scoring_schedule")
    with dg.build_schedule_context(
        scheduled_execution_time=tick, repository_def=repository
    ) as context:
        evaluation = schedule.evaluate_tick(context)
    return {
        str(request.partition_key): str(request.run_key)
        for request in evaluation.run_requests or ()
    }


def test_yesterday_is_asked_for_even_without_deliveries(installation: Installation) -> None:
    assert list(requested(installation)) == ["2025-11-21"]


def test_every_day_that_is_not_scored_is_asked_for(installation: Installation) -> None:
    installation.deliver(answers("s1"), day="2025-11-05")
    installation.deliver(answers("s2"), day="2025-11-06")
    installation.score("2025-11-06")
    assert list(requested(installation)) == ["2025-11-05", "2025-11-21"]


def test_a_late_file_for_an_old_day_is_asked_for(installation: Installation) -> None:
    installation.deliver(answers("s1"), day="2025-11-05")
    installation.score("2025-11-05")
    installation.deliver(answers("s2"), day="2025-11-05", name="late")
    assert "2025-11-05" in requested(installation)


def test_the_same_tick_twice_asks_for_the_same_runs(installation: Installation) -> None:
    assert requested(installation) == requested(installation)


def test_the_next_night_asks_for_new_runs(installation: Installation) -> None:
    installation.deliver(answers("s1"), day="2025-11-05")
    tonight = requested(installation)["2025-11-05"]
    tomorrow = requested(installation, TICK.replace(day=23))["2025-11-05"]
    assert tonight != tomorrow


def test_days_without_a_partition_are_left_out(installation: Installation) -> None:
    installation.deliver(answers("s1"), day="2025-10-31")
    installation.deliver(answers("s1"), day="2025-11-23")
    assert list(requested(installation)) == ["2025-11-21"]


def test_a_tick_before_the_first_date_asks_for_nothing(installation: Installation) -> None:
    assert requested(installation, datetime(2025, 10, 1, 2, tzinfo=UTC)) == {}


def test_what_is_new_in_a_source_is_fetched_first(tmp_path: Path) -> None:
    delivered = tmp_path / "outbox" / "2025-11-05" / "a.jsonl"
    delivered.parent.mkdir(parents=True)
    delivered.write_bytes(line_of(answers("s1")) + b"\n")
    # Left alone for long, as a file that is not being written any more.
    os.utime(delivered, (1, 1))
    installation = Installation(
        tmp_path / "home",
        first_date="2025-11-01",
        delivery_source=SecretStr(f"file://{tmp_path / 'outbox'}"),
    )
    assert list(requested(installation)) == ["2025-11-05", "2025-11-21"]


def test_a_source_that_fails_keeps_no_night_from_being_scored(tmp_path: Path) -> None:
    installation = Installation(
        tmp_path / "home", first_date="2025-11-01", delivery_source=SecretStr("nowhere")
    )
    assert list(requested(installation)) == ["2025-11-21"]
