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
from assessment_pipeline.services.steps import Workplace
from assessment_pipeline.services.workplaces import open_workplace
from assessment_pipeline.settings import Settings, load_settings


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
        with open_workplace(
            Path(self.home),
            # Read here, so that it is no value of the resource, which Dagster shows and stores.
            ledger_url=load_settings().ledger_url,
            timezone=self.timezone,
            run_id=run_id,
            actor=actor,
            progress=current_progress(),
        ) as place:
            yield place
