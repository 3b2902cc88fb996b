"""Fetching before a look: what the sensor and the schedule do before they look at the folders."""

from pathlib import Path
from time import monotonic
from typing import Final

from assessment_pipeline.errors import AssessmentPipelineError, StorageError
from assessment_pipeline.services.fetch import configured_sources, fetch
from assessment_pipeline.settings import Settings
from assessment_pipeline.storage.home import Home

# Dagster ends a tick that takes a minute; what is left is fetched by the next one.
MOST_FETCH_SECONDS: Final = 20


def fetch_before_looking(settings: Settings) -> tuple[str, ...]:
    """Let the sources bring what is new, for some seconds; return what somebody has to mend."""
    started = monotonic()

    def is_enough() -> bool:
        return monotonic() - started > MOST_FETCH_SECONDS

    try:
        fetched = fetch(
            Home(Path(settings.home)),
            configured_sources(settings),
            is_enough=is_enough,
            on_wait=_leave_it,
        )
    except AssessmentPipelineError as error:
        return (str(error),)
    return tuple(problem for each in fetched for problem in each.problems)


def _leave_it() -> None:
    raise StorageError("Another fetch is under way; the next look takes what it leaves.")
