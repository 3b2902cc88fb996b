"""Definitions, built by a function so that tests and the command line can choose the settings."""

from collections.abc import Mapping

import dagster as dg

from assessment_pipeline.defs.alerts import build_alerts
from assessment_pipeline.defs.assets import build_assets
from assessment_pipeline.defs.checks import build_checks
from assessment_pipeline.defs.jobs import (
    build_item_statistics_job,
    build_nightly_scoring,
    build_scorecard_pages_job,
)
from assessment_pipeline.defs.partitions import delivery_days
from assessment_pipeline.defs.resources import PipelineResource
from assessment_pipeline.defs.schedules import build_nightly_scoring_schedule
from assessment_pipeline.defs.sensors import build_delivery_session_sensor
from assessment_pipeline.settings import Settings, load_settings


def build_defs(
    settings: Settings | None = None, resources: Mapping[str, object] | None = None
) -> dg.Definitions:
    """Build everything that Dagster knows of the pipeline.

    Args:
        settings: those of the environment if left out.
        resources: take the place of the resources of the same name.
    """
    settings = settings or load_settings()
    days = delivery_days(settings)
    return dg.Definitions(
        assets=build_assets(days, settings.owners),
        asset_checks=build_checks(days),
        jobs=[build_nightly_scoring(), build_scorecard_pages_job(), build_item_statistics_job()],
        schedules=[build_nightly_scoring_schedule(settings)],
        sensors=[build_delivery_session_sensor(settings), *build_alerts(settings)],
        resources={"pipeline": PipelineResource.of(settings), **(resources or {})},
        # Also for what is materialized from the page without a job.
        executor=dg.in_process_executor,
    )
