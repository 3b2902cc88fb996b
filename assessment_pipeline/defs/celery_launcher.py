"""The run launcher for Celery workers that notices when a run's worker is gone.

Dagster's own asks Celery's result backend, where a task whose worker was killed stays `STARTED`
for ever, and where a run that was delivered twice has `SUCCESS` as soon as the second worker has
seen that it is not needed. So this one asks the workers themselves.
"""

import warnings
from collections.abc import Mapping
from time import monotonic
from typing import Any, Final, Self

from celery.exceptions import DuplicateTaskNameWarning
from dagster import DagsterRun
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster._serdes import ConfigurableClassData
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from assessment_pipeline.celery_config import queue_config

# How long to wait for the worker that began a run, which answers at once, and for any other.
_ANSWER_SECONDS: Final = 2.0
_ANY_ANSWER_SECONDS: Final = 4.0


class CheckedCeleryRunLauncher(CeleryRunLauncher):
    """Launches runs as Celery tasks, and knows whether anybody is at work on them."""

    # A worker that has just lost its connection, say to a Redis that was restarted, comes back.
    lost_after_seconds = 20.0

    _missed_since: dict[str, float]

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> Self:
        """Make the launcher that the instance's file describes."""
        launcher = super().from_config_value(inst_data, config_value)
        launcher._missed_since = {}  # noqa: SLF001 - its own
        launcher.celery.conf.update(queue_config(launcher.default_queue))
        # Dagster makes the same task anew for each run, and Celery takes that for a mistake.
        warnings.filterwarnings(
            "ignore", r"Task name '(execute|resume)_job' is", DuplicateTaskNameWarning
        )
        return launcher

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Say whether a worker is at work on a run that Dagster believes to be under way."""
        task_id = run.tags.get(DAGSTER_CELERY_TASK_ID_TAG)
        if task_id is None:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "It was not launched over Celery.")
        try:
            is_worked_on = self._is_worked_on(task_id)
        except (OSError, KombuError, RedisError) as error:
            # Nobody could be asked, which says nothing about the run.
            return CheckRunHealthResult(
                WorkerStatus.RUNNING, f"Celery cannot be asked: {type(error).__name__}."
            )
        if is_worked_on:
            self._missed_since.pop(task_id, None)
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        since = self._missed_since.setdefault(task_id, monotonic())
        if monotonic() - since < self.lost_after_seconds:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "No worker answers; asked again.")
        del self._missed_since[task_id]
        return CheckRunHealthResult(
            WorkerStatus.FAILED, "No Celery worker is at work on it: its worker was lost."
        )

    def terminate(self, run_id: str) -> bool:
        """Ask the worker of a run to end it; False if there is none to ask."""
        run = self._instance.get_run_by_id(run_id)
        task_id = run.tags.get(DAGSTER_CELERY_TASK_ID_TAG) if run else None
        if run is None or run.is_finished or task_id is None:
            return False
        # First, so that the interrupt is known as a cancellation, which is not retried.
        self._instance.report_run_canceling(run)
        self.celery.control.revoke(task_id, terminate=True)
        return True

    def _is_worked_on(self, task_id: str) -> bool:
        # The worker that said it began, then anybody.
        began = self._worker_that_began(task_id)
        return (
            began is not None
            and self._is_active(task_id, destination=[began], limit=1, timeout=_ANSWER_SECONDS)
        ) or self._is_active(task_id, timeout=_ANY_ANSWER_SECONDS)

    def _worker_that_began(self, task_id: str) -> str | None:
        found = self.celery.AsyncResult(task_id).info
        return str(found["hostname"]) if isinstance(found, dict) and "hostname" in found else None

    def _is_active(self, task_id: str, **asked: object) -> bool:
        # Not `query_task`: there a message that came again hides the task that is under way.
        replies = self.celery.control.inspect(**asked).active() or {}
        return any(task["id"] == task_id for tasks in replies.values() for task in tasks)
