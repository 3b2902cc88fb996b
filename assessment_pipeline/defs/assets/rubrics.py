"""The asset `rubrics`: the versions by which responses are scored."""

import time
from dataclasses import replace

import dagster as dg

from assessment_pipeline.defs.metadata import DATA_VERSION_TAG
from assessment_pipeline.defs.resources import PipelineResource
from assessment_pipeline.defs.steps import materialization, working
from assessment_pipeline.services.indexes import RUBRICS
from assessment_pipeline.services.rubrics import load


@dg.asset(
    name=RUBRICS,
    group_name="scoring",
    kinds={"yaml"},
)
def rubrics(
    context: dg.AssetExecutionContext, pipeline: PipelineResource
) -> dg.MaterializeResult[None]:
    """All rubric versions of the rubrics folder, checked.

    A version is published, and can no longer be changed, from the first time it scores. A file
    with a problem blocks its own assessment only; the check `no_rubric_problems` says which file,
    where in it, and what to do.
    """
    with working(context, pipeline) as place:
        begun = time.monotonic()
        _, result = load(place)
        # Rubrics have no pointer that says what they were before; Dagster knows it.
        is_changed = _last_hash(context) != result.content_hash
        result = replace(result, is_changed=is_changed, was_skipped=not is_changed)
        seconds = time.monotonic() - begun
        return materialization(context, place, result, {"rubrics": place.home.rubrics}, seconds)


def _last_hash(context: dg.AssetExecutionContext) -> str | None:
    """Return the content hash of the rubrics when they were last materialized."""
    event = context.instance.get_latest_materialization_event(dg.AssetKey(RUBRICS))
    last = event.asset_materialization if event else None
    return (last.tags or {}).get(DATA_VERSION_TAG) if last else None
