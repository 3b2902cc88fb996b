"""The asset `rubrics`: the versions by which responses are scored."""

import dagster as dg

from assessment_pipeline.defs.resources import PipelineResource
from assessment_pipeline.defs.steps import ACTOR, failing_plainly, materialization
from assessment_pipeline.services.indexes import RUBRICS
from assessment_pipeline.services.rubrics import load


@dg.asset(
    name=RUBRICS,
    group_name="scoring",
    kinds={"yaml"},
    owners=["team:assessment"],
)
def rubrics(
    context: dg.AssetExecutionContext, pipeline: PipelineResource
) -> dg.MaterializeResult[None]:
    """All rubric versions of the rubrics folder, checked.

    A version is published, and can no longer be changed, from the first time it scores. A file
    with a problem blocks its own assessment only; the check `no_rubric_problems` says which file,
    where in it, and what to do.
    """
    with failing_plainly(), pipeline.workplace(context.run.run_id, ACTOR) as place:
        _, result = load(place)
        return materialization(place, result, {"rubrics": place.home.rubrics})
