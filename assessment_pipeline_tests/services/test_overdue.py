"""Overdue days: those that wait to be scored for longer than they should."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assessment_pipeline.services.overdue import overdue_days, waiting_days
from assessment_pipeline_tests.installations import DAY, Installation, answers

# In New York, where DAY ends five hours later than in UTC.
ZONE = "America/New_York"
END = datetime(2025, 11, 21, 5, tzinfo=UTC)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    installation = Installation(tmp_path / "home", timezone=ZONE)
    arrive(installation.deliver(answers("s1")), END - timedelta(hours=12))
    return installation


def arrive(path: Path, moment: datetime) -> None:
    for each in (path, path.parent):
        os.utime(each, (moment.timestamp(), moment.timestamp()))


def overdue(installation: Installation, now: datetime) -> list[str]:
    return list(overdue_days(installation.home, ZONE, now, 26))


def test_a_day_waits_from_its_end_in_its_zone(installation: Installation) -> None:
    assert waiting_days(installation.home, ZONE, END)[DAY].since == END


def test_a_day_that_nobody_scores_is_overdue_after_the_hours(installation: Installation) -> None:
    assert overdue(installation, END + timedelta(hours=26)) == []
    assert overdue(installation, END + timedelta(hours=26, seconds=1)) == [DAY]


def test_a_scored_day_is_never_overdue(installation: Installation) -> None:
    installation.score()
    assert overdue(installation, END + timedelta(days=99)) == []


def test_a_late_file_has_its_own_hours(installation: Installation) -> None:
    installation.score()
    late = END + timedelta(days=9)
    arrive(installation.deliver(answers("s2"), name="late"), late)
    assert overdue(installation, late + timedelta(hours=26)) == []
    assert overdue(installation, late + timedelta(hours=27)) == [DAY]


def test_a_file_of_the_future_does_not_hide_its_day(installation: Installation) -> None:
    arrive(installation.deliver(answers("s2"), name="b"), END + timedelta(days=999))
    assert overdue(installation, END + timedelta(days=9)) == [DAY]


def test_the_last_day_that_there_is_can_wait(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s1"), day="9999-12-31")
    assert overdue_days(installation.home, "UTC", END, 26) == {}
