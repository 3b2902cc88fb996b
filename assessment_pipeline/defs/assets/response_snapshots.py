"""The asset `response_snapshots`: what was delivered on a day."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import dagster as dg
from pydantic import Field

from assessment_pipeline.core.versions import READER_VERSION
from assessment_pipeline.defs.resources import PipelineResource
from assessment_pipeline.defs.steps import materialize_day
from assessment_pipeline.services.capture import capture
from assessment_pipeline.services.indexes import SNAPSHOTS
from assessment_pipeline.storage.home import Home


class CaptureConfig(dg.Config):
    """What can be chosen when a day is captured."""

    accept_changed: bool = Field(
        default=False,
        description=(
            "Take delivery files as they are now, although they were captured and have changed "
            "or vanished since."
        ),
    )


def build_response_snapshots(days: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset for these delivery days."""

    @dg.asset(
        name=SNAPSHOTS,
        partitions_def=days,
        group_name="capture",
        kinds={"json"},
        code_version=READER_VERSION,
    )
    def response_snapshots(
        context: dg.AssetExecutionContext, config: CaptureConfig, pipeline: PipelineResource
    ) -> dg.MaterializeResult[None]:
        """Candidates' delivered sessions of one day, each kept unchanged under its own hash.

        Every line of the day's delivery files becomes exactly one of three things: accepted, a
        duplicate of one that is already there, or quarantined with its reason. Nothing is dropped,
        and one bad line never stops a day. If a file has changed or vanished since it was
        captured, the run fails and names it.
        """
        service = partial(capture, accept_changed=config.accept_changed)
        return materialize_day(context, pipeline, service, _paths)

    return response_snapshots


def _paths(home: Home, partition: str) -> Mapping[str, Path]:
    paths = {"deliveries": home.delivery_folder(partition)}
    quarantine = home.quarantine / partition
    return paths | ({"quarantine": quarantine} if quarantine.is_dir() else {})
