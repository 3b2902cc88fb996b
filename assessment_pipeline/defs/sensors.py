"""The sensor that notices new delivery files and asks for one run for each day that has some.

First it lets the configured sources bring what is new into the delivery folder; a source that
fails is a sentence in the tick, and the folder is looked at all the same.

What it has seen is kept in its cursor: day -> hash of the names and sizes of that day's files,
for the days of the look-back. A day is asked for when two looks at it agree, so that a file which
is still being written is left alone. The cursor is stored after the runs are launched; if a crash
comes between, the tick asks again, and Dagster drops the repeated run_key. A failed run keeps its
run_key for ever, so a day whose run has failed is asked for again under a key with the number of
the attempt, a few times; new files begin a new count.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import dagster as dg

from assessment_pipeline.defs.fetching import fetch_before_looking
from assessment_pipeline.defs.jobs import NIGHTLY_SCORING
from assessment_pipeline.defs.metadata import REASON_TAG, REASONS
from assessment_pipeline.defs.partitions import has_partition, local_date
from assessment_pipeline.services.pending import (
    DeliveryManifest,
    delivery_manifest,
    pending_reason,
)
from assessment_pipeline.services.steps import utc_now
from assessment_pipeline.settings import Settings
from assessment_pipeline.storage.home import Home

NAME: Final = "delivery_session_sensor"
MOST_ATTEMPTS: Final = 3
RUN_KEY_TAG: Final = "dagster/run_key"
WILL_RETRY_TAG: Final = "dagster/will_retry"
RETRY_RUN_ID_TAG: Final = "dagster/auto_retry_run_id"
_FAILED: Final = frozenset({dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED})


class Look(NamedTuple):
    """What one tick makes of the delivery folders."""

    requests: tuple[dg.RunRequest, ...]
    seen: Mapping[str, str]
    """The next cursor: day -> hash of its files."""
    remarks: tuple[str, ...]
    """Days that cannot be scored, and days that were given up."""


def build_delivery_session_sensor(
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
) -> dg.SensorDefinition:
    """Return the sensor; it is off until switched on."""

    @dg.sensor(
        name=NAME,
        job_name=NIGHTLY_SCORING,
        minimum_interval_seconds=settings.sensor_interval_seconds,
        description=(
            "Fetches what is new in the delivery sources, and scores a delivery day as soon as "
            "new files lie in its folder."
        ),
    )
    def delivery_session_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        remarks = fetch_before_looking(settings)
        look = look_at_deliveries(settings, clock(), _read_cursor(context.cursor), context.instance)
        remarks += look.remarks
        for remark in remarks:
            context.log.warning(remark)
        cursor = json.dumps(look.seen, sort_keys=True)
        if look.requests:
            return dg.SensorResult(run_requests=list(look.requests), cursor=cursor)
        reason = " ".join(("No new delivery files.", *remarks))
        return dg.SensorResult(skip_reason=reason, cursor=cursor)

    return delivery_session_sensor


def look_at_deliveries(
    settings: Settings,
    now: datetime,
    seen: Mapping[str, str],
    instance: dg.DagsterInstance,
) -> Look:
    """Look at every delivery folder of the look-back, and decide what to ask for."""
    home = Home(Path(settings.home))
    today = local_date(settings, now)
    oldest = (today - timedelta(days=settings.sensor_lookback_days)).isoformat()
    requests: list[dg.RunRequest] = []
    remarks: list[str] = []
    seen_now: dict[str, str] = {}
    for day in home.delivery_days():
        if not has_partition(settings, day, now):
            remarks.append(f"{day} has no partition: it is before the first date or not yet here.")
            continue
        if day < oldest:
            continue
        manifest = delivery_manifest(home, day)
        seen_now[day] = manifest.hash
        reason = pending_reason(home, manifest)
        if not manifest.files or reason is None:
            continue
        # Two looks that agree: else somebody may still be writing, and what is captured now would
        # be a changed delivery when it is finished.
        if seen.get(day) != manifest.hash:
            continue
        attempt = _next_attempt(instance, manifest)
        if attempt > MOST_ATTEMPTS:
            remarks.append(
                f"{day} has failed {MOST_ATTEMPTS} times; look at its last run, "
                "then materialize it in the page or with `score`."
            )
        elif attempt:
            key = run_key(manifest, attempt)
            tags = {REASON_TAG: REASONS[reason]}
            requests.append(dg.RunRequest(run_key=key, partition_key=day, tags=tags))
    return Look(tuple(requests), seen_now, tuple(remarks))


def run_key(manifest: DeliveryManifest, attempt: int = 1) -> str:
    """Return the key under which a day with these files is run once.

    >>> run_key(DeliveryManifest("2026-11-20", ()), 2)[-9:]
    'attempt-2'
    """
    key = f"{manifest.partition}:{manifest.hash}"
    return key if attempt == 1 else f"{key}:attempt-{attempt}"


def _next_attempt(instance: dg.DagsterInstance, manifest: DeliveryManifest) -> int:
    """Return the number of the attempt to ask for now; 0 if one is under way or has succeeded."""
    for attempt in range(1, MOST_ATTEMPTS + 1):
        filters = dg.RunsFilter(tags={RUN_KEY_TAG: run_key(manifest, attempt)})
        runs = instance.get_runs(filters=filters, limit=1)
        if not runs:
            return attempt
        if not _has_failed(instance, runs[0]):
            return 0
    return MOST_ATTEMPTS + 1


def _has_failed(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether a run has failed for good: a run that Dagster itself tries again has not yet."""
    latest: dg.DagsterRun | None = run
    while latest is not None and latest.status in _FAILED:
        will_retry = latest.tags.get(WILL_RETRY_TAG)
        is_undecided = latest.status is dg.DagsterRunStatus.FAILURE and will_retry is None
        if is_undecided and instance.run_retries_enabled:
            # It has failed a moment ago; the daemon says in a moment whether it tries again.
            return False
        if will_retry != "true":
            return True
        retry_id = latest.tags.get(RETRY_RUN_ID_TAG)
        latest = instance.get_run_by_id(retry_id) if retry_id else None
    return False


def _read_cursor(cursor: str | None) -> Mapping[str, str]:
    """Return what was seen before; a cursor that cannot be read has seen nothing."""
    try:
        seen = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return seen if isinstance(seen, dict) else {}
