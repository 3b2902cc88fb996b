"""Table schemas: the columns of the CSV files, as Dagster's page shows them.

What a column means stands in `core.columns` alone.
"""

from collections.abc import Mapping

import dagster as dg

from assessment_pipeline.core.columns import EVIDENCE, SCORECARDS, SUBSCORES, TABLES, Column


def table_schemas() -> Mapping[str, dg.TableSchema]:
    """Return the metadata that shows the columns of all three files.

    Dagster has one place for the columns of an asset; the scorecards, which most people open,
    stand there, and the other two in keys of their own.
    """
    return {
        "dagster/column_schema": _schema(SCORECARDS),
        f"columns of {SUBSCORES}": _schema(SUBSCORES),
        f"columns of {EVIDENCE}": _schema(EVIDENCE),
    }


def _schema(table: str) -> dg.TableSchema:
    return dg.TableSchema(columns=[_column(column) for column in TABLES[table]])


def _column(column: Column) -> dg.TableColumn:
    return dg.TableColumn(
        name=column.name,
        type=column.type,
        description=column.meaning,
        constraints=dg.TableColumnConstraints(nullable=not column.is_required),
    )
