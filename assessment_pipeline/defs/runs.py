"""Running the nightly job in this process, for the command line.

The runs are those of the home's Dagster instance, so the page shows them afterwards like any
other: job, partition, events, checks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import dagster as dg

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.defs.build import build_defs
from assessment_pipeline.defs.failures import failure_sentence
from assessment_pipeline.defs.instance import open_instance
from assessment_pipeline.defs.jobs import NIGHTLY_SCORING
from assessment_pipeline.defs.metadata import COMMAND_LINE, REASON_TAG
from assessment_pipeline.defs.partitions import has_partition
from assessment_pipeline.defs.watching import Watcher, watched_by
from assessment_pipeline.errors import AssessmentPipelineError, UsageError
from assessment_pipeline.services.event_log import configure_event_log
from assessment_pipeline.services.indexes import SCORE_RUNS, SNAPSHOTS
from assessment_pipeline.services.locks import say_nothing, score_lock
from assessment_pipeline.services.steps import Progress, StepResult, no_progress, utc_now
from assessment_pipeline.settings import Settings
from assessment_pipeline.storage.home import Home

# So that a run which lost its process can be told from those of the daemon.
STARTED_BY: Final = {REASON_TAG: COMMAND_LINE}

_LINE_COUNTS: Final = ("lines_read", "accepted", "duplicates", "quarantined")


@dataclass(frozen=True)
class FailedCheck:
    """An asset check that did not pass."""

    asset: str
    name: str
    severity: str
    """ERROR or WARN."""
    description: str


@dataclass(frozen=True)
class PartitionOutcome:
    """How the run of one delivery day ended, and what its steps report."""

    partition: str
    run_id: str
    is_success: bool
    steps: Mapping[str, StepResult]
    failed_checks: tuple[FailedCheck, ...]
    error: str | None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the steps want to be known, such as assessments that no rubric scores."""
        return tuple(dict.fromkeys(note for step in self.steps.values() for note in step.notes))

    @property
    def is_complete(self) -> bool:
        """Whether all of the day was done: no failure, no failed check, no blocked assessment."""
        has_error = any(check.severity == "ERROR" for check in self.failed_checks)
        scored = self.steps.get(SCORE_RUNS)
        is_blocked = scored is not None and scored.counts.get("blocked_assessments", 0) > 0
        return self.is_success and not has_error and not is_blocked

    def as_json(self) -> dict[str, Json]:
        """Return the outcome as `score --json` prints it."""
        captured, scored = self.steps.get(SNAPSHOTS), self.steps.get(SCORE_RUNS)
        lines: dict[str, Json] = {
            name: captured.counts.get(name, 0) if captured else None for name in _LINE_COUNTS
        }
        changed = [name for name, step in self.steps.items() if step.is_changed]
        skipped = [name for name, step in self.steps.items() if step.was_skipped]
        return {
            "delivery_date": self.partition,
            "success": self.is_success,
            "complete": self.is_complete,
            **lines,
            "score_runs": scored.counts.get("sessions", 0) if scored else None,
            "content_hashes": {name: step.content_hash for name, step in self.steps.items()},
            "changed": changed,
            "skipped": skipped,
            "rubric_versions": list(scored.rubric_versions) if scored else [],
            "failed_checks": [
                {
                    "asset": check.asset,
                    "name": check.name,
                    "severity": check.severity,
                    "description": check.description,
                }
                for check in self.failed_checks
            ],
            "notes": list(self.notes),
            "error": self.error,
            "run_id": self.run_id,
        }


def score_partitions(
    settings: Settings,
    partitions: Iterable[str],
    *,
    accept_changed: bool = False,
    on_progress: Progress = no_progress,
    on_wait: Callable[[str], None] = say_nothing,
) -> Iterator[PartitionOutcome]:
    """Score delivery days one after another, each as a run of its own; yield how each ended.

    A whole `score` of a day holds that day's score lock, so that a second one waits until the
    first is done, and `on_wait` is told. The steps inside take the day's step lock one by one,
    which the runs of the page take too: these may come between, and since every step is
    idempotent and every pointer is replaced atomically, all of them end with the same bytes.

    Args:
        settings: the installation.
        partitions: days that have a partition.
        accept_changed: take delivery files that changed since they were captured.
        on_progress: is told the asset, and how many more sessions are done.
        on_wait: is told the day that another `score` is working on.
    """
    home = Home(settings.home)
    home.create()
    configure_event_log(settings)
    job = build_defs(settings).resolve_job_def(NIGHTLY_SCORING)
    with open_instance(home, settings) as instance:
        for partition in partitions:
            with score_lock(home, partition, partial(on_wait, partition)):
                _end_abandoned(instance, partition)
                yield _score_partition(job, instance, partition, accept_changed, on_progress)


def _end_abandoned(instance: dg.DagsterInstance, partition: str) -> None:
    """End the runs of a day whose `score` was killed: Dagster would take them to be at work.

    The caller holds the day's score lock, so no other `score` is working on it. They would keep
    the day's runs waiting in the daemon's queue until their time limit.
    """
    at_work = dg.RunsFilter(
        tags={**STARTED_BY, "dagster/partition": partition},
        statuses=[dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED],
    )
    for run in instance.get_runs(at_work):
        # Not as failed: the daemon would repeat it, and this `score` is about to do its work.
        instance.report_run_canceled(run, message="The `score` that ran it was killed.")


def score_day_plainly(settings: Settings, partition: str) -> dict[str, Json]:
    """Score a delivery day as a run of this process; return ids, hashes and counts of it.

    UsageError if the day has no partition, AssessmentPipelineError if the run failed.
    """
    if not has_partition(settings, partition, utc_now()):
        raise UsageError(
            f"{partition} has no partition: it is before the first date or has not begun yet."
        )
    (outcome,) = score_partitions(settings, [partition])
    if not outcome.is_success:
        raise AssessmentPipelineError(
            f"Run {outcome.run_id} of {partition} failed: {outcome.error}"
        )
    said = outcome.as_json()
    checks = [f"{check.asset}.{check.name}" for check in outcome.failed_checks]
    return {
        **{name: value for name, value in said.items() if name not in {"notes", "error"}},
        "failed_checks": list(checks),
    }


def _score_partition(
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    partition: str,
    accept_changed: bool,  # noqa: FBT001 - private, and named by its only caller
    on_progress: Progress,
) -> PartitionOutcome:
    watcher = Watcher(on_progress)
    config: dict[str, object] = {
        # The terminal is the command line's; the events are in the instance.
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}
    }
    if accept_changed:
        config["ops"] = {SNAPSHOTS: {"config": {"accept_changed": True}}}
    with watched_by(watcher):
        result = job.execute_in_process(
            instance=instance,
            partition_key=partition,
            raise_on_error=False,
            run_config=config,
            tags=STARTED_BY,
        )
    return PartitionOutcome(
        partition=partition,
        run_id=result.run_id,
        is_success=result.success,
        steps={step.asset: step for step in watcher.results},
        failed_checks=tuple(_failed_checks(result)),
        error=None if result.success else failure_sentence(result.run_id, result.all_events),
    )


def _failed_checks(result: dg.ExecuteInProcessResult) -> Iterator[FailedCheck]:
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed:
            yield FailedCheck(
                asset=evaluation.asset_key.to_user_string(),
                name=evaluation.check_name,
                severity=evaluation.severity.value,
                description=evaluation.description or "",
            )
