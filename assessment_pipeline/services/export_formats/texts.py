"""CSV in several shapes: the exported tables, wide tables, and gradebooks.

Which rows and columns there are is pure and stands in the core; here they become bytes, in the
plain dialect or in the one that is safe in a spreadsheet.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from assessment_pipeline.core.columns import EVIDENCE, SCORECARDS, TABLES, Column
from assessment_pipeline.core.data_package import (
    TableShape,
    csv_table,
    exported_table,
    wide_table,
)
from assessment_pipeline.core.excel_dialect import BYTE_ORDER_MARK, protect, to_excel
from assessment_pipeline.core.exports import csv_cell
from assessment_pipeline.core.gradebooks import (
    GradeAs,
    System,
    Take,
    canvas_rows,
    gradebook,
    gradebook_columns,
    moodle_rows,
)
from assessment_pipeline.core.wide_rows import (
    ItemCell,
    file_stem,
    items_by_assessment,
    wide_columns,
    wide_rows,
)
from assessment_pipeline.services.export_formats.outbox import Outbox, OutgoingFile
from assessment_pipeline.services.exported_day import ExportedDay

Dialect: TypeAlias = Literal["csv", "excel"]


def write_tables(exported: ExportedDay, outbox: Outbox, dialect: Dialect) -> None:
    """Write the three exported files: byte for byte, or in the excel dialect."""
    for name, expected in exported.index.files.items():
        file = outbox.add(name, exported_table(name, TABLES[name]))
        if dialect == "csv":
            for block in exported.blocks(name):
                file.write(block)
        else:
            for line in to_excel(name, exported.lines(name)):
                file.write(line.encode())
        file.rows = expected.rows


def write_wide(exported: ExportedDay, outbox: Outbox, dialect: Dialect, cell: ItemCell) -> None:
    """Write a file an assessment: a row a session, a column an item."""
    items = items_by_assessment(exported.rows(EVIDENCE))
    kind = "points" if cell == "raw_score" else "responses"
    files: dict[str, _Table] = {}
    for assessment, cells in wide_rows(
        exported.rows(SCORECARDS), exported.rows(EVIDENCE), items, cell
    ):
        if assessment not in files:
            columns = wide_columns(items.get(assessment, ()), cell)
            described = wide_table(f"{kind.capitalize()} in {assessment}, wide", columns)
            name = f"wide-{kind}-{file_stem(assessment)}.csv"
            files[assessment] = _Table(outbox.add(name, described), columns, dialect)
        files[assessment].write([cells])


def write_gradebook(
    exported: ExportedDay,
    outbox: Outbox,
    dialect: Dialect,
    system: System,
    *,
    names: Mapping[str, str] | None,
    take: Take | None,
    grade_as: GradeAs,
) -> None:
    """Write the grades of a day as Canvas or Moodle import them."""
    book = gradebook(exported.rows(SCORECARDS), take, grade_as)
    columns = gradebook_columns(book, system, has_names=names is not None)
    described = csv_table(f"Grades for {system.capitalize()}", TableShape(columns))
    table = _Table(outbox.add(f"{system}.csv", described), columns, dialect)
    # Names are made safe in either dialect: such files are opened in spreadsheets as a rule.
    table.write(
        canvas_rows(book, names or {}) if system == "canvas" else moodle_rows(book, names),
        is_safe=True,
    )


class _Table:
    """A CSV file whose header is written at once."""

    def __init__(self, file: OutgoingFile, columns: Sequence[Column], dialect: Dialect) -> None:
        self._file = file
        self._texts = [place for place, column in enumerate(columns) if column.type == "string"]
        self._is_excel = dialect == "excel"
        header = ",".join(csv_cell(column.name) for column in columns) + "\n"
        file.write(((BYTE_ORDER_MARK if self._is_excel else "") + header).encode())

    def write(self, rows: Iterable[list[str]], *, is_safe: bool = False) -> None:
        for row in rows:
            if self._is_excel and not is_safe:
                for place in self._texts:
                    row[place] = protect(row[place])
            self._file.write_row((",".join(map(csv_cell, row)) + "\n").encode())
