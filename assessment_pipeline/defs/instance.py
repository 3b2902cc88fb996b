"""The Dagster instance of a home: its runs, events and schedules, below the home or in Postgres.

`dagster.yaml` is written from the settings each time, so that the command line, the page and the
daemon agree; what is changed in it by hand does not stay.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import dagster as dg
import yaml
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from assessment_pipeline.defs.launching import launcher_config, launcher_monitoring
from assessment_pipeline.defs.storage import PostgresStorage, storage_error
from assessment_pipeline.errors import AssessmentPipelineError, StorageError
from assessment_pipeline.services.locks import instance_lock
from assessment_pipeline.settings import Settings
from assessment_pipeline.storage.database_url import VARIABLE, dagster_url
from assessment_pipeline.storage.files import make_folder, read_file, write_durably
from assessment_pipeline.storage.home import Home

_FILE_NAME: Final = "dagster.yaml"
# Those of Dagster's own page, but for the time: a run may wait for a slow disk.
_STATEMENT_MILLISECONDS: Final = 60_000
_POOL_SECONDS: Final = 3600
_POOL_OVERFLOW: Final = 20
_HEADING: Final = (
    "# Written from the settings by assessment-pipeline; changes made here do not stay.\n"
)


def instance_config(settings: Settings) -> dict[str, object]:
    """Return the configuration of the instance that the settings describe; it holds no secret."""
    return {
        **_storage(settings),
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        # What a run prints is not kept: it could only repeat the event log, or leak.
        "compute_logs": {
            "module": "dagster._core.storage.noop_compute_log_manager",
            "class": "NoOpComputeLogManager",
        },
        **_python_logs(settings),
        "concurrency": {
            "runs": {
                "max_concurrent_runs": settings.concurrent_runs,
                # Of several runs of one day the first does the work: the others wait in the
                # queue, where they cost no process.
                "tag_concurrency_limits": [
                    {
                        "key": "dagster/partition",
                        "value": {"applyLimitPerUniqueValue": True},
                        "limit": 1,
                    }
                ],
            }
        },
        # Starting, ending and the whole run have a time limit; a run that should take longer says
        # so in its tag `dagster/max_runtime` (seconds).
        "run_monitoring": {
            "enabled": True,
            "poll_interval_seconds": 30,
            "start_timeout_seconds": 180,
            "cancel_timeout_seconds": 180,
            "max_runtime_seconds": settings.max_runtime_seconds,
            **launcher_monitoring(settings),
        },
        # A run whose worker died is launched again. What failed inside an asset is not: a bad
        # rubric is just as bad the second time, and what may pass is tried again by its step.
        "run_retries": {
            "enabled": True,
            "max_retries": settings.max_run_retries,
            "retry_on_asset_or_op_failure": False,
        },
        **launcher_config(settings),
    }


def _storage(settings: Settings) -> dict[str, object]:
    """Return where runs and events are kept; Dagster's default is SQLite below the home."""
    if settings.database_url is None:
        return {}
    config = {"url": {"env": VARIABLE}}
    module = PostgresStorage.__module__
    named = {"module": module, "class": PostgresStorage.__name__, "config": config}
    return {"storage": {"custom": named}}


def _python_logs(settings: Settings) -> dict[str, object]:
    """Keep Dagster's lines for people from standing between ours for machines.

    Its own event log, which the page shows, has all of them in any case.
    """
    return (
        {"python_logs": {"python_log_level": "CRITICAL"}} if settings.log_format == "json" else {}
    )


def write_instance_config(home: Home, settings: Settings) -> Path:
    """Write the home's dagster.yaml if it is missing or not that of the settings."""
    path = home.dagster / _FILE_NAME
    text = _HEADING + yaml.safe_dump(instance_config(settings), sort_keys=False)
    content = text.encode()
    make_folder(home.dagster)
    if not path.is_file() or read_file(path) != content:
        write_durably(path, content)
    return path


@contextmanager
def open_instance(home: Home, settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Open the home's Dagster instance; StorageError if its storage fails, now or later."""
    write_instance_config(home, settings)
    with ExitStack() as stack:
        stack.enter_context(_failing_plainly(home, settings))
        try:
            # Of processes that make its storage at once, each would write down the version of its
            # tables; with two of them there, nobody can open it any more.
            with instance_lock(home):
                instance = dg.DagsterInstance.from_config(str(home.dagster))
        except (AssessmentPipelineError, DagsterPostgresException, SQLAlchemyError) as error:
            if settings.ledger_url is not None:
                raise
            raise _unopened(home, error) from None
        except Exception as error:  # noqa: BLE001 - whatever it is, the folder can be mended
            raise _unopened(home, error) from None
        if settings.ledger_url is not None:
            # Otherwise each question opens a connection of its own, which doubles the time.
            instance.optimize_for_webserver(
                statement_timeout=_STATEMENT_MILLISECONDS,
                pool_recycle=_POOL_SECONDS,
                max_overflow=_POOL_OVERFLOW,
            )
        yield stack.enter_context(instance)


def _unopened(home: Home, error: Exception) -> StorageError:
    return StorageError(
        f"The Dagster instance in {home.dagster} cannot be opened ({_reason(error)}): "
        "make the folder writable, or move it away to begin anew."
    )


@contextmanager
def _failing_plainly(home: Home, settings: Settings) -> Iterator[None]:
    """Turn what Dagster's own storage raises into one sentence that names it, without a secret.

    What our steps fail of is theirs to tell, and no exception here.
    """
    try:
        yield
    except BrokenPipeError:
        # Nobody reads the progress any more: no fault of any storage.
        raise
    except (DagsterPostgresException, SQLAlchemyError, OSError) as error:
        if settings.ledger_url is not None and not isinstance(error, OSError):
            raise storage_error(error, dagster_url(settings.ledger_url)) from None
        raise StorageError(
            f"Dagster cannot write its events in {home.dagster} ({_reason(error)}). "
            "Mend that and run again."
        ) from None


def _reason(error: Exception) -> str:
    # The driver's own words; what SQLAlchemy says repeats the statement and its values.
    told = error.orig if isinstance(error, DBAPIError) else None
    return str(told) if told is not None else type(error).__name__
