"""The job that scores a delivery day, whoever starts it: schedule, sensor, page or command line."""

from typing import Final

import dagster as dg

# What define_asset_job returns; Dagster's public names leave it out.
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

NIGHTLY_SCORING: Final = "nightly_scoring"


def build_nightly_scoring() -> UnresolvedAssetJobDefinition:
    """Return the job over all assets and checks of a delivery day, in one process.

    The unit of parallelism is the day, not the step: a process a step costs seconds each.
    """
    return dg.define_asset_job(
        NIGHTLY_SCORING,
        selection=dg.AssetSelection.all(),
        description=(
            "Scores one delivery day: captures what was delivered, scores it by its rubrics, "
            "makes scorecards and CSV files, and checks all of it. Work that is done is skipped."
        ),
        executor_def=dg.in_process_executor,
    )
