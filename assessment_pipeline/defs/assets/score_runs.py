"""The asset `score_runs`: every session scored by its rubric."""

import dagster as dg

from assessment_pipeline.core.versions import ENGINE_VERSION
from assessment_pipeline.defs.resources import PipelineResource
from assessment_pipeline.defs.steps import materialize_day
from assessment_pipeline.services import rubrics
from assessment_pipeline.services.indexes import FEATURES, RUBRICS, SCORE_RUNS
from assessment_pipeline.services.score import score
from assessment_pipeline.services.steps import StepResult, Workplace


def build_score_runs(days: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset for these delivery days."""

    @dg.asset(
        name=SCORE_RUNS,
        deps=[FEATURES, RUBRICS],
        partitions_def=days,
        group_name="scoring",
        kinds={"json"},
        code_version=ENGINE_VERSION,
    )
    def score_runs(
        context: dg.AssetExecutionContext, pipeline: PipelineResource
    ) -> dg.MaterializeResult[None]:
        """One score run for each session: its responses scored item by item, in exact points.

        A session is scored by the rubric version that was valid when it was submitted. The same
        session under the same rubric always has the same score run and the same result; each is
        recorded in the audit ledger.
        """
        return materialize_day(context, pipeline, _score)

    return score_runs


def _score(place: Workplace, partition: str) -> StepResult:
    catalogue, _ = rubrics.load(place)
    return score(place, partition, catalogue)
