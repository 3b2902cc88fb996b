"""The asset `response_features`: what can be measured of each response."""

import dagster as dg

from assessment_pipeline.core.versions import FEATURE_VERSION
from assessment_pipeline.defs.resources import PipelineResource
from assessment_pipeline.defs.steps import materialize_day
from assessment_pipeline.services.extract import extract
from assessment_pipeline.services.indexes import FEATURES, SNAPSHOTS


def build_response_features(days: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset for these delivery days."""

    @dg.asset(
        name=FEATURES,
        deps=[SNAPSHOTS],
        partitions_def=days,
        group_name="capture",
        kinds={"json"},
        code_version=FEATURE_VERSION,
    )
    def response_features(
        context: dg.AssetExecutionContext, pipeline: PipelineResource
    ) -> dg.MaterializeResult[None]:
        """What can be measured of every response without any rubric.

        Length of texts, the number in a text, what was selected, time taken, whether the answer
        came too fast to have been read, whether the candidate had stopped answering. What cannot
        be measured stays empty, with the reason.
        """  # noqa: D401 - read in the page
        return materialize_day(context, pipeline, extract)

    return response_features
