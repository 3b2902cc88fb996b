"""The jobs: one scores a delivery day, whoever starts it; others make what people look at."""

from typing import Final

import dagster as dg

# What define_asset_job returns; Dagster's public names leave it out.
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from assessment_pipeline.services.indexes import ITEM_STATISTICS, SCORECARD_PAGES

NIGHTLY_SCORING: Final = "nightly_scoring"
SCORECARD_PAGES_JOB: Final = "scorecard_pages_job"
ITEM_STATISTICS_JOB: Final = "item_statistics_job"


def build_nightly_scoring() -> UnresolvedAssetJobDefinition:
    """Return the job over what scores a delivery day, with its checks, in one process.

    The unit of parallelism is the day, not the step: a process a step costs seconds each.
    """
    return dg.define_asset_job(
        NIGHTLY_SCORING,
        selection=dg.AssetSelection.all()
        - dg.AssetSelection.assets(SCORECARD_PAGES, ITEM_STATISTICS),
        description=(
            "Scores one delivery day: captures what was delivered, scores it by its rubrics, "
            "makes scorecards and CSV files, and checks all of it. Work that is done is skipped."
        ),
        executor_def=dg.in_process_executor,
    )


def build_item_statistics_job() -> UnresolvedAssetJobDefinition:
    """Return the job that makes item statistics, when somebody asks for them."""
    return dg.define_asset_job(
        ITEM_STATISTICS_JOB,
        selection=dg.AssetSelection.assets(ITEM_STATISTICS),
        description=(
            "Computes item statistics over the scored days, or those between two dates, and "
            "writes their pages. No score follows from them."
        ),
        executor_def=dg.in_process_executor,
    )


def build_scorecard_pages_job() -> UnresolvedAssetJobDefinition:
    """Return the job that makes a day's pages; scoring does not wait for them."""
    return dg.define_asset_job(
        SCORECARD_PAGES_JOB,
        selection=dg.AssetSelection.assets(SCORECARD_PAGES),
        description="Makes the pages of a delivery day that is scored: scorecards and an index.",
        executor_def=dg.in_process_executor,
    )
