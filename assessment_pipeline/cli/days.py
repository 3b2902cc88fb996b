"""Delivery days as the command line takes them: one day, a range, or today."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from assessment_pipeline.errors import UsageError

if TYPE_CHECKING:
    from assessment_pipeline.settings import Settings


def today(settings: "Settings") -> str:
    """Return the delivery day that it is now, in the time zone of the settings."""
    now = datetime.now(UTC)
    return now.astimezone(ZoneInfo(settings.timezone)).date().isoformat()


def chosen_days(
    settings: "Settings", day: str | None, first: str | None, last: str | None
) -> tuple[str, ...] | None:
    """Return the days that `--date`, or `--from` and `--to`, name; None if neither is given.

    UsageError if they cannot be read, contradict each other, or have no partition.
    """
    if first is None and last is None:
        return None if day is None else (partition_of(settings, day),)
    if day is not None:
        raise UsageError("--date is one day, --from and --to are several: give one or the other.")
    if first is None or last is None:
        raise UsageError("--from and --to belong together: give the first and the last day.")
    begin = date.fromisoformat(partition_of(settings, first))
    end = date.fromisoformat(partition_of(settings, last))
    require_order(first, last)
    return tuple(
        (begin + timedelta(days=number)).isoformat() for number in range((end - begin).days + 1)
    )


def require_order(first: str | None, last: str | None) -> None:
    """Refuse a range of days that ends before it begins."""
    if first is not None and last is not None and first > last:
        raise UsageError(f"--from {first} is after --to {last}: swap them.")


def partition_of(settings: "Settings", day: str) -> str:
    """Return a day that has a partition; UsageError if it has none or is no date."""
    from assessment_pipeline.storage.home import parse_day

    parse_day(day)
    if day < settings.first_date.isoformat():
        raise UsageError(
            f"{day} is before the first delivery date, {settings.first_date}; "
            "the setting ASSESSMENT_PIPELINE_FIRST_DATE can name an earlier one."
        )
    if day > today(settings):
        raise UsageError(
            f"{day} has not begun yet in the time zone {settings.timezone}; "
            f"the last day that can be worked on is {today(settings)}."
        )
    return day
