"""The asset `scorecards`: the result of each session with its evidence."""

import dagster as dg

from assessment_pipeline.core.versions import ENGINE_VERSION, EXPORT_VERSION
from assessment_pipeline.defs.resources import PipelineResource
from assessment_pipeline.defs.steps import materialize_day
from assessment_pipeline.services.indexes import SCORE_RUNS, SCORECARDS
from assessment_pipeline.services.report import report


def build_scorecards(days: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset for these delivery days."""

    @dg.asset(
        name=SCORECARDS,
        deps=[SCORE_RUNS],
        partitions_def=days,
        group_name="reporting",
        kinds={"json"},
        code_version=f"{ENGINE_VERSION}.{EXPORT_VERSION}",
    )
    def scorecards(
        context: dg.AssetExecutionContext, pipeline: PipelineResource
    ) -> dg.MaterializeResult[None]:
        """The scorecard of each session: total, percent, level, subscores, and its evidence.

        The evidence says for each item what was answered, how many points that gave, and why.
        A scorecard with anything unfinished shows no percent and no level.
        """  # noqa: D401 - read in the page
        return materialize_day(context, pipeline, report)

    return scorecards
