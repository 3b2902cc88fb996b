"""Opening a workplace: the home and the ledger of an installation, for one step or one task."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assessment_pipeline.services.steps import Progress, Workplace, no_progress, utc_now
from assessment_pipeline.storage.home import Home
from assessment_pipeline.storage.ledger import Ledger


@contextmanager
def open_workplace(
    folder: Path,
    *,
    ledger_url: str | None,
    timezone: str,
    run_id: str | None,
    actor: str,
    progress: Progress = no_progress,
) -> Iterator[Workplace]:
    """Open a home and its ledger; a new home is created.

    Args:
        folder: the home.
        ledger_url: the ledger's database; the home's own file without one.
        timezone: where a delivery day begins and ends.
        run_id: what the ledger names as the run of what is recorded.
        actor: in whose name it is recorded.
        progress: is told of progress.
    """
    home = Home(folder)
    home.create()
    opened_at = utc_now().isoformat(timespec="microseconds").replace("+00:00", "Z")
    with Ledger.open(
        home.ledger, url=ledger_url, timezone=timezone, recorded_at=opened_at, actor=actor
    ) as ledger:
        yield Workplace(home, ledger, run_id, actor, progress=progress)
