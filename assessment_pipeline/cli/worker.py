"""`worker`: a Celery worker that executes Dagster's runs and the tasks of the shared app.

Runs Celery's worker in this process with the options that fit this pipeline, so that no other
program has to be found on PATH.
"""

import os
from typing import Final

import click

from assessment_pipeline.cli.options import common_options, current_settings
from assessment_pipeline.cli.outcomes import DONE, FAILED
from assessment_pipeline.cli.output import say, shown_path
from assessment_pipeline.errors import UsageError
from assessment_pipeline.settings import PREFIX

_LOG_LEVELS: Final = ("debug", "info", "warning", "error")


@click.command("worker")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many runs at a time, each in a process of its own: at most one a core.",
)
@click.option("--log-level", type=click.Choice(_LOG_LEVELS), default="info", show_default=True)
@common_options
def command(concurrency: int, log_level: str) -> int:
    """Work for the home as a Celery worker, until SIGTERM or Ctrl-C lets it finish and end.

    Executes what Dagster launches and what others send to the shared app. The broker is named by
    the setting ASSESSMENT_PIPELINE_CELERY_BROKER_URL.
    """
    settings = current_settings()
    if settings.celery_broker_url is None:
        raise UsageError(
            f"There is no broker to work for: set {PREFIX}CELERY_BROKER_URL, for example to "
            "redis://127.0.0.1:6379/0, or try it out with `make up-celery`."
        )
    # The app reads its settings when it is imported, and the runs theirs when they begin.
    os.environ[f"{PREFIX}HOME"] = str(settings.home)
    from assessment_pipeline.celery_app import app

    say(f"Working for {shown_path(settings.home)}, {concurrency} at a time. Ctrl-C ends it.")
    code = app.worker_main(
        [
            "worker",
            f"--concurrency={concurrency}",
            f"--loglevel={log_level}",
            # A worker that was lost must not be taken for the one that came after it.
            f"--hostname=assessment-pipeline-{os.getpid()}@%h",
            # Workers need not know of each other.
            "--without-gossip",
            "--without-mingle",
        ]
    )
    return FAILED if code else DONE
