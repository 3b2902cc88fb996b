"""The asset `item_statistics`: how assessments and their items did, over many days."""

import time
from pathlib import Path
from typing import Final

import dagster as dg
from pydantic import Field

from assessment_pipeline.core.instants import is_day
from assessment_pipeline.defs.resources import PipelineResource
from assessment_pipeline.defs.steps import materialization, working
from assessment_pipeline.errors import UsageError
from assessment_pipeline.services.indexes import ITEM_STATISTICS, SCORE_RUNS
from assessment_pipeline.services.steps import StepResult, Workplace

_DATES: Final = "as YYYY-MM-DD; left out: no limit."


class StatisticsConfig(dg.Config):
    """What statistics are made of."""

    first_date: str | None = Field(
        default=None, alias="from", description=f"The first delivery date, {_DATES}"
    )
    last_date: str | None = Field(
        default=None, alias="to", description=f"The last delivery date, {_DATES}"
    )
    assessment: str | None = Field(default=None, description="One assessment; left out: all.")
    group_by: str | None = Field(
        default=None,
        description="A key of the deliveries' context whose values are the groups for DIF.",
    )
    groups: str | None = Field(
        default=None,
        description=(
            "Instead of it: the path of a CSV file with candidate_id and group, best outside the "
            "home; it is read and not kept."
        ),
    )
    reference: str | None = Field(
        default=None,
        description="The group that others are compared with; the largest if left out.",
    )


@dg.asset(
    name=ITEM_STATISTICS,
    deps=[SCORE_RUNS],
    group_name="reporting",
    kinds={"json", "html"},
)
def item_statistics(
    context: dg.AssetExecutionContext, config: StatisticsConfig, pipeline: PipelineResource
) -> dg.MaterializeResult[None]:
    """How each assessment and its items did over many candidates.

    Difficulty, discrimination, reliability, distractors, missing responses, time, DIF, agreement
    of raters; items that need a look are flagged with the reason in words. One page an assessment
    and rubric version lies in the folder `statistics` of the home. No score follows from it, and
    no candidate is named in it. docs/statistics.md states every convention.
    """
    with working(context, pipeline) as place:
        begun = time.monotonic()
        result, folder = _keep(place, config)
        seconds = time.monotonic() - begun
        return materialization(context, place, result, {"pages": folder}, seconds)


def _keep(place: Workplace, config: StatisticsConfig) -> tuple[StepResult, Path]:
    # NumPy and Matplotlib are of no use to whoever loads definitions.
    from assessment_pipeline.services.candidate_groups import grouping_of  # noqa: PLC0415
    from assessment_pipeline.services.statistics_step import make_statistics  # noqa: PLC0415

    for day in (config.first_date, config.last_date):
        if day is not None and not is_day(day):
            raise UsageError("A date of the config is none: write it as 2026-11-20.")
    groups = None if config.groups is None else Path(config.groups)
    result = make_statistics(
        place,
        (config.first_date, config.last_date),
        config.assessment,
        grouping_of(groups, config.group_by, config.reference),
    )
    return result, place.home.statistics
