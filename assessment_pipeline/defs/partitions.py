"""Partitions: one per delivery day, from the first date of the settings up to today."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg

from assessment_pipeline.settings import Settings


def delivery_days(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Return the delivery days; `end_offset` includes today, whose deliveries still come in."""
    return dg.DailyPartitionsDefinition(
        start_date=settings.first_date.isoformat(), timezone=settings.timezone, end_offset=1
    )


def local_date(settings: Settings, moment: datetime) -> date:
    """Return the delivery day that it is at a moment."""
    return moment.astimezone(ZoneInfo(settings.timezone)).date()


def has_partition(settings: Settings, day: str, moment: datetime) -> bool:
    """Whether a day has a partition at a moment. Days compare as texts, as they are written."""
    return settings.first_date.isoformat() <= day <= local_date(settings, moment).isoformat()
