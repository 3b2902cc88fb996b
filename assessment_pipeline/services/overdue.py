"""Overdue days: delivery days that wait to be scored for longer than they should.

Notices a night that never ran, whoever was to run it, by looking at the home alone. A day waits
from its end, or from the time at which its newest file came, whichever is later: late deliveries
for an old day are not overdue at once. Times of files decide nothing here but who is told when.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from assessment_pipeline.services.pending import pending_days
from assessment_pipeline.storage.home import Home


class WaitingDay(NamedTuple):
    """A delivery day that is to be scored: why, and since when it waits."""

    reason: str
    since: datetime

    def is_overdue(self, now: datetime, hours: int) -> bool:
        """Whether it waits for more than so many hours."""
        return now - self.since > timedelta(hours=hours)


def waiting_days(home: Home, timezone: str, now: datetime) -> Mapping[str, WaitingDay]:
    """Return every delivery day that is to be scored, in order."""
    return {
        day: WaitingDay(reason, _since(home.delivery_folder(day), day, timezone, now))
        for day, reason in pending_days(home).items()
    }


def overdue_days(home: Home, timezone: str, now: datetime, hours: int) -> Mapping[str, str]:
    """Return the days that wait for more than so many hours, and why they are to be scored."""
    return {
        day: waiting.reason
        for day, waiting in waiting_days(home, timezone, now).items()
        if waiting.is_overdue(now, hours)
    }


def _since(folder: Path, day: str, timezone: str, now: datetime) -> datetime:
    # A clock that was wrong must not keep a day from ever being overdue.
    arrived = [moment for moment in _arrivals(folder) if moment <= now]
    return max([_end(day, timezone), *arrived])


def _end(day: str, timezone: str) -> datetime:
    try:
        next_day = date.fromisoformat(day) + timedelta(days=1)
        return datetime.combine(next_day, time(), ZoneInfo(timezone)).astimezone(UTC)
    except OverflowError:  # somebody named a folder by the last day that there is
        return datetime.max.replace(tzinfo=UTC)


def _arrivals(folder: Path) -> Iterator[datetime]:
    for path in folder.iterdir():
        with suppress(OSError):
            yield datetime.fromtimestamp(path.lstat().st_mtime, UTC)
