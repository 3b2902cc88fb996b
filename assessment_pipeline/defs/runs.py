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
from assessment_pipeline.defs.instance import naming_instance, open_instance
from assessment_pipeline.defs.jobs import NIGHTLY_SCORING
from assessment_pipeline.defs.watching import Watcher, watched_by
from assessment_pipeline.services.indexes import SCORE_RUNS, SNAPSHOTS
from assessment_pipeline.services.locks import say_nothing, score_lock
from assessment_pipeline.services.steps import Progress, StepResult, no_progress
from assessment_pipeline.settings import Settings
from assessment_pipeline.storage.home import Home

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
    job = build_defs(settings).resolve_job_def(NIGHTLY_SCORING)
    with open_instance(home, settings) as instance:
        for partition in partitions:
            with score_lock(home, partition, partial(on_wait, partition)):
                yield _score_partition(job, instance, partition, accept_changed, on_progress)


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
    with watched_by(watcher), naming_instance(instance):
        result = job.execute_in_process(
            instance=instance, partition_key=partition, raise_on_error=False, run_config=config
        )
    return PartitionOutcome(
        partition=partition,
        run_id=result.run_id,
        is_success=result.success,
        steps={step.asset: step for step in watcher.results},
        failed_checks=tuple(_failed_checks(result)),
        error=_error_of(result),
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


def _error_of(result: dg.ExecuteInProcessResult) -> str | None:
    """Return in one text why the run failed; the failures of steps speak for themselves."""
    if result.success:
        return None
    errors = []
    for event in result.all_events:
        if not event.is_step_failure:
            continue
        failure = event.step_failure_data
        if failure.user_failure_data is not None and failure.user_failure_data.description:
            errors.append(failure.user_failure_data.description)
        else:
            errors.append(f"{event.step_key} failed outside of our code; see run {result.run_id}.")
    return " ".join(dict.fromkeys(errors)) or f"Run {result.run_id} failed; the page shows why."
