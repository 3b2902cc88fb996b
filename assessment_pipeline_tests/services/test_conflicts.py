"""Conflicts across days: found from either day, recorded once, decided never."""

from pathlib import Path

import pytest

from assessment_pipeline.core.ledger_events import SnapshotConflict
from assessment_pipeline.services.conflicts import conflicts_across_days
from assessment_pipeline_tests.installations import Installation, answers

FIRST, SECOND = "2025-11-20", "2025-11-21"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "home")


def deliver_and_score(installation: Installation, day: str, *answered: str) -> None:
    sessions = [answers(f"s{number}", answer) for number, answer in enumerate(answered)]
    installation.deliver(*sessions, day=day)
    installation.score(day)


def recorded(installation: Installation) -> list[SnapshotConflict]:
    with installation.workplace() as place:
        return list(place.ledger.payloads(SnapshotConflict))


def test_other_content_on_another_day_is_found_from_both_days_and_recorded_once(
    installation: Installation,
) -> None:
    deliver_and_score(installation, FIRST, "A", "B")
    deliver_and_score(installation, SECOND, "C", "B")
    with installation.workplace() as place:
        (from_second,) = conflicts_across_days(place, SECOND)
        (from_first,) = conflicts_across_days(place, FIRST)
    assert from_second.other_date == FIRST
    assert from_first.other_date == SECOND
    (payload,) = recorded(installation)
    assert payload.response_snapshot_ids == tuple(sorted(payload.response_snapshot_ids))
    assert sorted(payload.delivery_dates) == [FIRST, SECOND]


def test_equal_content_on_another_day_is_no_conflict(installation: Installation) -> None:
    deliver_and_score(installation, FIRST, "A", "B")
    deliver_and_score(installation, SECOND, "A", "B")
    with installation.workplace() as place:
        assert conflicts_across_days(place, SECOND) == ()
    assert recorded(installation) == []


def test_another_attempt_is_no_conflict(installation: Installation) -> None:
    deliver_and_score(installation, FIRST, "A")
    installation.deliver(answers("s0", "B", attempt=2), day=SECOND)
    installation.score(SECOND)
    with installation.workplace() as place:
        assert conflicts_across_days(place, SECOND) == ()


def test_a_session_that_is_still_in_progress_is_no_conflict(installation: Installation) -> None:
    unfinished = answers("s0", "A", status="in_progress", submitted_at=None)
    installation.deliver(unfinished, day=FIRST)
    installation.score(FIRST)
    deliver_and_score(installation, SECOND, "B")
    with installation.workplace() as place:
        assert conflicts_across_days(place, SECOND) == ()
        assert conflicts_across_days(place, FIRST) == ()


def test_content_that_no_day_holds_any_more_is_no_conflict(installation: Installation) -> None:
    deliver_and_score(installation, FIRST, "A")
    (installation.home.current / "response_snapshots" / f"{FIRST}.json").unlink()
    deliver_and_score(installation, SECOND, "B")
    with installation.workplace() as place:
        assert conflicts_across_days(place, SECOND) == ()
    assert recorded(installation) == []
