"""The run launcher of one machine: Dagster's default one, which can also tell that a run is dead.

Dagster's default launcher starts each run as a process of the code server, and the code server
notices when that dies. When the code server dies too (a kill, a power cut), nobody notices, and a
day whose run seems to be at work for ever would be scored by no other run. So run monitoring asks
here, and a run that no code server knows any more is marked as failed, and repeated.
"""

from typing import Final

import dagster as dg
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value

_ANSWER_SECONDS: Final = 10


class LocalRunLauncher(DefaultRunLauncher):
    """Dagster's default launcher, with an answer to whether a run's process is still there."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Yes: that is what this launcher is for."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Ask the code server that started a run whether it is still at work."""
        if GRPC_INFO_TAG not in run.tags:
            # A `score` in a terminal: the next one of its day ends it, if it was killed.
            return CheckRunHealthResult(WorkerStatus.RUNNING, "It was not launched from here.")
        client = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]
        if client is None:
            return CheckRunHealthResult(WorkerStatus.SUCCESS, "It has ended.")
        try:
            answer = deserialize_value(
                client.can_cancel_execution(
                    CanCancelExecutionRequest(run_id=run.run_id), timeout=_ANSWER_SECONDS
                ),
                CanCancelExecutionResult,
            )
        except DagsterUserCodeUnreachableError:
            return CheckRunHealthResult(
                WorkerStatus.NOT_FOUND, "The code server that started the run is gone."
            )
        if answer.can_cancel:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(
            WorkerStatus.NOT_FOUND, "The code server does not know the run's process any more."
        )
