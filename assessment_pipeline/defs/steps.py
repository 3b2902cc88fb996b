"""One step inside Dagster: open the workplace, call the service, report it as a materialization.

Everything that goes wrong leaves here as a `dagster.Failure` without its cause, because what an
exception carries may repeat what a candidate has written, and Dagster keeps it for ever.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import dagster as dg

from assessment_pipeline.defs.metadata import COMMAND_LINE, REASON_TAG, run_tags, step_metadata
from assessment_pipeline.defs.resources import PipelineResource
from assessment_pipeline.defs.watching import report
from assessment_pipeline.errors import (
    AssessmentPipelineError,
    StorageError,
    describe_defect,
)
from assessment_pipeline.services.event_log import log_event, log_failure
from assessment_pipeline.services.locks import step_lock
from assessment_pipeline.services.steps import StepResult, Workplace
from assessment_pipeline.storage.home import Home

ACTOR: Final = "dagster"

# For what may pass, a disk or a database: ten, twenty and forty seconds later. Asked for step by
# step, because under a RetryPolicy Dagster also tries again what somebody has cancelled.
MOST_RETRIES: Final = 3
FIRST_RETRY_SECONDS: Final = 10

Paths = Callable[[Home, str], Mapping[str, Path]]


def no_paths(_: Home, __: str) -> Mapping[str, Path]:
    """Show no file."""
    return {}


def materialize_day(
    context: dg.AssetExecutionContext,
    pipeline: PipelineResource,
    service: Callable[[Workplace, str], StepResult],
    paths: Paths = no_paths,
) -> dg.MaterializeResult[None]:
    """Run a service for the run's delivery day.

    The day is locked meanwhile: of two runs on one day each step waits for the other's, finds its
    work done, and skips it.
    """
    partition = context.partition_key
    with working(context, pipeline) as place:
        with step_lock(place.home, partition):
            begun = time.monotonic()
            result = service(place, partition)
            seconds = time.monotonic() - begun
        return materialization(context, place, result, paths(place.home, partition), seconds)


def materialization(
    context: dg.AssetExecutionContext,
    place: Workplace,
    result: StepResult,
    paths: Mapping[str, Path],
    seconds: float,
) -> dg.MaterializeResult[None]:
    """Return what Dagster keeps of a step, and tell the watcher."""
    report(result)
    log_event(
        "step",
        asset=result.asset,
        partition=result.partition,
        run_id=context.run.run_id,
        content_hash=result.content_hash,
        counts=dict(result.counts),
        changed=result.is_changed,
        skipped=result.was_skipped,
        seconds=round(seconds, 3),
    )
    if tags := run_tags(result):
        context.instance.add_run_tags(context.run.run_id, tags)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(result.content_hash),
        metadata=step_metadata(result, place.ledger.head(), paths, seconds),
    )


@contextmanager
def working(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> Iterator[Workplace]:
    """Open the workplace of a step; that it failed, and why, goes to the event log too."""
    try:
        with failing_plainly(), pipeline.workplace(context.run.run_id, ACTOR) as place:
            yield place
    except dg.Failure as failure:
        log_failure(
            "step_failed",
            asset=context.asset_key.to_user_string(),
            partition=context.partition_key if context.has_partition_key else None,
            run_id=context.run.run_id,
            why=failure.description,
        )
        # Whoever waits at a terminal is told at once, and tries again himself.
        is_at_terminal = context.run.tags.get(REASON_TAG) == COMMAND_LINE
        if not failure.allow_retries or is_at_terminal or context.retry_number >= MOST_RETRIES:
            raise
        seconds = FIRST_RETRY_SECONDS * 2**context.retry_number
        raise dg.RetryRequested(MOST_RETRIES, seconds_to_wait=seconds) from failure


@contextmanager
def failing_plainly() -> Iterator[None]:
    """Turn any error into one that says what is wrong and holds no content.

    Our own errors speak for themselves, and only what may pass (a disk, a database) is worth
    another try. Any other error is a defect: its kind and where it happened are told, its text is
    not.
    """
    try:
        yield
    except StorageError as error:
        failure = dg.Failure(description=str(error), allow_retries=True)
    except AssessmentPipelineError as error:
        failure = dg.Failure(description=str(error), allow_retries=False)
    except Exception as error:  # noqa: BLE001 - nothing may reach the event log as it is
        failure = dg.Failure(description=describe_defect(error), allow_retries=False)
    else:
        return
    raise failure from None
