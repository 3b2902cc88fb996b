"""The resource: the home and the ledger that every step works on.

Values of a resource stand in plain text in Dagster's storage and page: a path and a time zone may
be there, a secret never: the database URL is read from the environment where it is used.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from pydantic import Field

from assessment_pipeline.defs.watching import current_progress
from assessment_pipeline.services.steps import Workplace, utc_now
from assessment_pipeline.settings import Settings, load_settings
from assessment_pipeline.storage.home import Home
from assessment_pipeline.storage.ledger import Ledger


class PipelineResource(dg.ConfigurableResource):  # type: ignore[type-arg]  # yields nothing itself
    """The installation: its home folder, the zone of its days, and its anchor."""

    home: str = Field(description="The home folder of the installation.")
    timezone: str = Field(description="Where a delivery day begins and ends.")
    anchor: str | None = Field(
        default=None, description="A file outside the home that keeps the ledger's head."
    )

    @classmethod
    def of(cls, settings: Settings) -> "PipelineResource":
        """Return the resource that the settings describe."""
        return cls(
            home=str(settings.home.absolute()),
            timezone=settings.timezone,
            anchor=str(settings.anchor.absolute()) if settings.anchor else None,
        )

    @property
    def anchor_file(self) -> Path | None:
        """Where the ledger's head is kept outside the home, if anywhere."""
        return Path(self.anchor) if self.anchor else None

    @contextmanager
    def workplace(self, run_id: str | None, actor: str) -> Iterator[Workplace]:
        """Open the home and its ledger for one step; a new home is created."""
        home = Home(Path(self.home))
        home.create()
        opened_at = utc_now().isoformat(timespec="microseconds").replace("+00:00", "Z")
        with Ledger.open(
            home.ledger,
            # Read here, so that it is no value of the resource, which Dagster shows and stores.
            url=load_settings().ledger_url,
            timezone=self.timezone,
            recorded_at=opened_at,
            actor=actor,
        ) as ledger:
            yield Workplace(home, ledger, run_id, actor, progress=current_progress())
