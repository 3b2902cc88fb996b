"""The nightly schedule: yesterday, and every day that is not scored as its folder stands.

Like the sensor it first lets the delivery sources bring what is new, so that either will do.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import dagster as dg

from assessment_pipeline.defs.fetching import fetch_before_looking
from assessment_pipeline.defs.jobs import NIGHTLY_SCORING
from assessment_pipeline.defs.metadata import NIGHTLY, REASON_TAG, REASONS
from assessment_pipeline.defs.partitions import has_partition, local_date
from assessment_pipeline.services.pending import pending_days
from assessment_pipeline.settings import Settings
from assessment_pipeline.storage.home import Home

NAME: Final = "nightly_scoring_schedule"


def build_nightly_scoring_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule with the time and zone of the settings; it is off until switched on."""

    @dg.schedule(
        name=NAME,
        job_name=NIGHTLY_SCORING,
        cron_schedule=settings.cron_schedule,
        execution_timezone=settings.timezone,
        description="Every night: yesterday, and every day with deliveries that are not scored.",
    )
    def nightly_scoring_schedule(
        context: dg.ScheduleEvaluationContext,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        for problem in fetch_before_looking(settings):
            context.log.warning(problem)
        tick = context.scheduled_execution_time
        today = local_date(settings, tick)
        yesterday = (today - timedelta(days=1)).isoformat()
        pending = pending_days(Home(Path(settings.home)))
        wanted = sorted({yesterday, *pending})
        requested = [day for day in wanted if has_partition(settings, day, tick)]
        if left_out := sorted(set(wanted).difference(requested)):
            context.log.warning("No partition, so not scored: %s.", ", ".join(left_out))
        for day in requested:
            # The same tick again asks for the same runs; the next night asks for new ones.
            yield dg.RunRequest(
                run_key=f"{today.isoformat()}:{day}",
                partition_key=day,
                tags={REASON_TAG: REASONS[pending[day]] if day in pending else NIGHTLY},
            )
        if not requested:
            yield dg.SkipReason("No delivery day has a partition yet.")

    return nightly_scoring_schedule
