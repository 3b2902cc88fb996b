"""The Dagster instance of a home: its runs, events and schedules, kept below the home.

`dagster.yaml` is written from the settings each time, so that the command line, the page and the
daemon agree; what is changed in it by hand does not stay.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import dagster as dg
import yaml
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from assessment_pipeline.errors import StorageError
from assessment_pipeline.services.locks import instance_lock
from assessment_pipeline.settings import Settings
from assessment_pipeline.storage.files import make_folder, read_file, write_durably
from assessment_pipeline.storage.home import Home

_FILE_NAME: Final = "dagster.yaml"
_HEADING: Final = (
    "# Written from the settings by assessment-pipeline; changes made here do not stay.\n"
)


def instance_config(_: Settings) -> dict[str, object]:
    """Return the configuration of the instance: SQLite in its own folder, nothing sent home."""
    return {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        # What a run prints is not kept: it could only repeat the event log, or leak.
        "compute_logs": {
            "module": "dagster._core.storage.noop_compute_log_manager",
            "class": "NoOpComputeLogManager",
        },
        # SQLite run storage waits 5 seconds for a lock, so few runs write at once.
        "concurrency": {"runs": {"max_concurrent_runs": 2}},
        # The default launcher does not notice a killed worker.
        "run_monitoring": {
            "enabled": True,
            "poll_interval_seconds": 30,
            "start_timeout_seconds": 180,
            "cancel_timeout_seconds": 180,
            "max_runtime_seconds": 14_400,
        },
        # A run whose worker died is launched again; what failed inside an asset is not.
        "run_retries": {
            "enabled": True,
            "max_retries": 2,
            "retry_on_asset_or_op_failure": False,
        },
    }


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
    """Open the home's Dagster instance."""
    write_instance_config(home, settings)
    # Of processes that make its storage at once, each would write down the version of its tables;
    # with two of them there, nobody can open it any more.
    with instance_lock(home):
        instance = _opened(home)
    with instance:
        yield instance


def _opened(home: Home) -> dg.DagsterInstance:
    try:
        return dg.DagsterInstance.from_config(str(home.dagster))
    except Exception as error:  # noqa: BLE001 - whatever it is, the folder is what can be mended
        message = (
            f"The Dagster instance in {home.dagster} cannot be opened ({_reason(error)}): "
            "make the folder writable, or move it away to begin anew."
        )
        raise StorageError(message) from None


@contextmanager
def naming_instance(instance: dg.DagsterInstance) -> Iterator[None]:
    """Turn a failure of Dagster's own storage into one sentence that names its folder.

    What our steps fail of is theirs to tell, and no exception here.
    """
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        message = (
            f"Dagster cannot write its events in {instance.root_directory} ({_reason(error)}). "
            "Mend that and run again."
        )
        raise StorageError(message) from None


def _reason(error: Exception) -> str:
    # The driver's own words; what SQLAlchemy says repeats the statement and its values.
    told = error.orig if isinstance(error, DBAPIError) else None
    return str(told) if told is not None else type(error).__name__
