"""The assets, one noun a file: thin wrappers around one service each.

Their docstrings are what an assessment officer reads in the web page.
"""

from collections.abc import Sequence
from typing import Final

import dagster as dg

from assessment_pipeline.defs.assets.csv_exports import build_csv_exports
from assessment_pipeline.defs.assets.item_statistics import item_statistics
from assessment_pipeline.defs.assets.response_features import build_response_features
from assessment_pipeline.defs.assets.response_snapshots import build_response_snapshots
from assessment_pipeline.defs.assets.rubrics import rubrics
from assessment_pipeline.defs.assets.score_runs import build_score_runs
from assessment_pipeline.defs.assets.scorecard_pages import build_scorecard_pages
from assessment_pipeline.defs.assets.scorecards import build_scorecards

_DAILY: Final = (
    build_response_snapshots,
    build_response_features,
    build_score_runs,
    build_scorecards,
    build_csv_exports,
    build_scorecard_pages,
)


def build_assets(
    days: dg.DailyPartitionsDefinition, owners: Sequence[str]
) -> Sequence[dg.AssetsDefinition]:
    """Return all assets, for these delivery days and of these owners."""
    return dg.map_asset_specs(
        lambda spec: spec.replace_attributes(owners=list(owners)),
        [rubrics, *(build(days) for build in _DAILY), item_statistics],
    )
