"""Fetch: let every configured source bring what is new into the delivery folder.

One source that fails keeps no other from being asked. What is brought is not looked at: that is
`capture`, which reads the folder and nothing else. One fetch runs at a time.
"""

from collections.abc import Callable, Iterable, Sequence

from assessment_pipeline.errors import AssessmentPipelineError
from assessment_pipeline.services.deliver import deliver_blocks
from assessment_pipeline.services.locks import fetch_lock, say_nothing
from assessment_pipeline.services.spool import deliver_abandoned
from assessment_pipeline.services.steps import utc_now
from assessment_pipeline.settings import Settings
from assessment_pipeline.sources.folder import delivery_files
from assessment_pipeline.sources.objects import ObjectStore
from assessment_pipeline.sources.port import DeliverySource, Fetched
from assessment_pipeline.sources.table import DeliveryTable
from assessment_pipeline.storage.files import naming, read_file, write_durably
from assessment_pipeline.storage.home import Home

_INTAKE = "the intake"


class HomeInbox:
    """The home as a source sees it: the delivery folder, and a folder for what it remembers."""

    def __init__(self, home: Home) -> None:
        """Use a home; its folders are made when something is put there."""
        self._home = home

    def names(self, day: str) -> frozenset[str]:
        """Return the names of the delivery files of a day."""
        return frozenset(delivery_files(self._home.delivery_folder(day)).files)

    def days(self) -> list[str]:
        """Return the days that have a delivery folder."""
        return self._home.delivery_days()

    def put(self, day: str, name: str, blocks: Iterable[bytes]) -> int:
        """Make a delivery file appear, whole and durable; return its bytes, 0 if it was there."""
        return deliver_blocks(self._home, name, blocks, day)

    def recall(self, key: str) -> bytes | None:
        """Return what a source remembered, or nothing."""
        path = self._home.sources / key
        return read_file(path) if path.is_file() else None

    def remember(self, key: str, content: bytes) -> None:
        """Keep what a source wants to know at its next look."""
        write_durably(self._home.sources / key, content)


def configured_sources(settings: Settings) -> tuple[DeliverySource, ...]:
    """Return the sources of the settings; UsageError if one cannot be what it says."""
    sources: list[DeliverySource] = []
    if settings.delivery_source is not None:
        sources.append(ObjectStore(settings.delivery_source.get_secret_value(), utc_now))
    if settings.delivery_database_url is not None:
        url = settings.delivery_database_url.get_secret_value()
        sources.append(DeliveryTable(url, settings.delivery_table, settings.timezone))
    return tuple(sources)


def never_enough() -> bool:
    """Go on to the end."""
    return False


def fetch(
    home: Home,
    sources: Sequence[DeliverySource],
    *,
    is_enough: Callable[[], bool] = never_enough,
    on_wait: Callable[[], None] = say_nothing,
    from_start: bool = False,
) -> list[Fetched]:
    """Bring what is new from every source, and what an intake that was killed left behind.

    Args:
        home: where to.
        sources: whom to ask, in this order.
        is_enough: asked between two files; the rest is left for the next time.
        on_wait: called if another fetch is under way; what it raises ends the wait.
        from_start: forget what was fetched before. Files that are there stay, sessions that come
            again in other files are duplicates.
    """
    if not sources and not home.intake.is_dir():
        return []
    inbox = HomeInbox(home)
    fetched = []
    with fetch_lock(home, on_wait):
        if from_start:
            _forget(home)
        if home.intake.is_dir():
            fetched.append(_asked(_INTAKE, lambda: _abandoned(home)))
        fetched += [
            _asked(source.name, lambda source=source: source.fetch(inbox, is_enough))  # type: ignore[misc]
            for source in sources
        ]
    return fetched


def _asked(name: str, ask: Callable[[], Fetched]) -> Fetched:
    try:
        return ask()
    except AssessmentPipelineError as error:
        return Fetched(name, problems=[str(error)])


def _abandoned(home: Home) -> Fetched:
    return Fetched(_INTAKE, files=deliver_abandoned(home))


def _forget(home: Home) -> None:
    for path in home.sources.glob("*/*.json"):
        with naming(path, "remove"):
            path.unlink(missing_ok=True)
