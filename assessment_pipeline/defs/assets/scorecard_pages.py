"""The asset `scorecard_pages`: what people look at."""

from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from assessment_pipeline.defs.resources import PipelineResource
from assessment_pipeline.defs.steps import materialize_day
from assessment_pipeline.pages.environment import PAGE_VERSION
from assessment_pipeline.services.indexes import SCORECARD_PAGES, SCORECARDS
from assessment_pipeline.services.scorecard_pages import scorecard_pages as write_pages
from assessment_pipeline.storage.home import Home


def build_scorecard_pages(days: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset for these delivery days."""

    @dg.asset(
        name=SCORECARD_PAGES,
        deps=[SCORECARDS],
        partitions_def=days,
        group_name="reporting",
        kinds={"html"},
        code_version=PAGE_VERSION,
    )
    def scorecard_pages(
        context: dg.AssetExecutionContext, pipeline: PipelineResource
    ) -> dg.MaterializeResult[None]:
        """A page for each session with all evidence, for staff, and an index of the day.

        HTML files without scripts, for any browser and for print. Pages with names, or for the
        candidates, are made by `assessment-pipeline report`, outside of the home.
        """  # noqa: D401 - read in the page
        return materialize_day(context, pipeline, write_pages, _paths)

    return scorecard_pages


def _paths(home: Home, partition: str) -> Mapping[str, Path]:
    return {"reports": home.report_folder(partition)}
