"""Dagster's runs on a Celery worker: the tasks that the run launcher sends.

Only whole runs: the tasks for single steps belong to an executor that we do not use, since a
process a step costs seconds each.
"""

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery, Task
from dagster_celery.tasks import create_execute_job_task, create_resume_job_task

from assessment_pipeline.defs.instance import write_instance_config
from assessment_pipeline.errors import UsageError
from assessment_pipeline.settings import PREFIX, Settings
from assessment_pipeline.storage.home import Home


class RunTask(Task):  # type: ignore[misc]  # Celery ships no types
    """A run of Dagster's; its end leaves the worker's process as it was."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - Celery's own
        """Execute the run."""
        with _keeping_handlers():
            return super().__call__(*args, **kwargs)


def serve_runs(app: Celery, settings: Settings) -> None:
    """Make this process, a worker that starts, one that serves the runs of a home."""
    if not app.conf.broker_url:
        raise UsageError(
            f"There is no Celery broker to work for: set {PREFIX}CELERY_BROKER_URL, for example "
            "to redis://127.0.0.1:6379/0."
        )
    # As in `definitions`: what is written is for its owner alone.
    os.umask(0o077)
    home = Home(settings.home)
    home.create()
    write_instance_config(home, settings)
    # Where a run finds the instance that launched it.
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ[f"{PREFIX}HOME"] = str(home.folder)
    # Each opening of SQLite storage would tell of its migrations.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Its annotation means each option to be a dict.
    options: dict[str, Any] = {"base": RunTask}
    create_execute_job_task(app, **options)
    create_resume_job_task(app, **options)


@contextmanager
def _keeping_handlers() -> Iterator[None]:
    """Give SIGINT and SIGTERM back as they were.

    Dagster takes both while a run lasts, to end it cleanly when it is cancelled, and afterwards
    gives SIGTERM the handler of SIGINT. A worker's process ignores SIGINT, so it would from then
    on ignore that it is to end.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
