"""The asset `csv_exports`: the files that others read."""

from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from assessment_pipeline.core.versions import EXPORT_VERSION
from assessment_pipeline.defs.resources import PipelineResource
from assessment_pipeline.defs.steps import materialize_day
from assessment_pipeline.defs.tables import table_schemas
from assessment_pipeline.services.export import export
from assessment_pipeline.services.indexes import EXPORTS, SCORECARDS
from assessment_pipeline.storage.home import Home


def build_csv_exports(days: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset for these delivery days."""

    @dg.asset(
        name=EXPORTS,
        deps=[SCORECARDS],
        partitions_def=days,
        group_name="reporting",
        kinds={"csv"},
        metadata=table_schemas(),
        code_version=EXPORT_VERSION,
    )
    def csv_exports(
        context: dg.AssetExecutionContext, pipeline: PipelineResource
    ) -> dg.MaterializeResult[None]:
        """The day's CSV files: scorecards, subscores, evidence, and a manifest with their hashes.

        The same deliveries and rubrics give the same files to the last byte, on any machine.
        The columns below are those of the scorecards; those of the other two files are under
        Metadata.
        """  # noqa: D401 - read in the page
        return materialize_day(context, pipeline, export, _paths)

    return csv_exports


def _paths(home: Home, partition: str) -> Mapping[str, Path]:
    return {"exports": home.export_folder(partition)}
