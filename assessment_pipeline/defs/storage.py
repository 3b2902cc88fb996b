"""Dagster's storages in Postgres: the runs, events, schedules and ticks of an installation.

They are Dagster's own, with what it leaves to us: the driver that they need, the schema that
their tables go to, and one sentence where the database cannot be reached. `dagster.yaml` names
this class, and the URL by the environment variable that holds it, never by its value.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import dagster as dg
from dagster._config.config_schema import UserConfigSchema
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from sqlalchemy import URL, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from assessment_pipeline.errors import StorageError
from assessment_pipeline.storage.database_url import REMEDY, cause_of, dagster_url, place_of

# Another number than that of the ledger's writer; "ap-dagst" was shortened into it.
_LOCK: Final = 0x61702D6461677374


class PostgresStorage(DagsterPostgresStorage):
    """Dagster's storages in the database that the settings name."""

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """Return what dagster.yaml says: the URL as the settings have it."""
        return {"url": dg.StringSource}

    @classmethod
    def from_config_value(  # type: ignore[override]  # by the type of its own configuration
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, str]
    ) -> "PostgresStorage":
        """Open the storages, and create their tables where they are missing."""
        url = dagster_url(config_value["url"])
        with _alone_in(url):
            return cls(url.render_as_string(hide_password=False), inst_data=inst_data)


@contextmanager
def _alone_in(url: URL) -> Iterator[None]:
    """Hold the lock of whoever opens the storages; StorageError if the database is out of reach.

    Dagster itself would try for a while and warn each time, and processes that create its tables
    at once would disturb each other.
    """
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            connection.execute(text("SET lock_timeout = '60s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield
    except SQLAlchemyError as error:
        raise storage_error(error, url) from None
    finally:
        engine.dispose()


def storage_error(error: Exception, url: URL) -> StorageError:
    """Return in one sentence why Dagster's storages cannot be used, and what to do."""
    # Dagster's own error says nothing but that it gave up; what it gave up on is its cause.
    told = error.__cause__ if isinstance(error.__cause__, SQLAlchemyError) else error
    origin = told.orig if isinstance(told, DBAPIError) else None
    cause = cause_of(origin if isinstance(origin, Exception) else told, url)
    return StorageError(f"Dagster's storage {place_of(url)} failed ({cause}): {REMEDY}")
