"""Excel workbooks: the exported tables as sheets, which no program runs or rounds.

Every text is written as a text, so nothing is a formula or a link. A number is written as one if a
double holds all of its digits (15 of them always fit), else as text. What XML cannot hold is
written as Excel does, `_x000D_`. XlsxWriter is an extra, imported when a workbook is made.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from assessment_pipeline.core.columns import TABLES
from assessment_pipeline.core.data_package import Described
from assessment_pipeline.core.excel_dialect import NUMERIC_COLUMNS
from assessment_pipeline.errors import StorageError, UsageError, how_to_install
from assessment_pipeline.services.export_formats.outbox import Outbox
from assessment_pipeline.services.exported_day import ExportedDay
from assessment_pipeline.storage.files import blocks_of, make_folder, naming

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

WORKBOOK: Final = "exports.xlsx"
MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Excel's own limits; the second counts UTF-16 units.
MOST_ROWS: Final = 1_048_576
LONGEST_TEXT: Final = 32_767

_PLAIN_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_DIGITS_OF_A_DOUBLE: Final = 15
_DICTIONARY: Final = "columns"


def write_workbook(exported: ExportedDay, outbox: Outbox) -> None:
    """Write one workbook with a sheet a table and one that says what the columns mean.

    UsageError if XlsxWriter is not installed, or if there is more than a sheet or a cell can hold.
    """
    for name, expected in exported.index.files.items():
        if expected.rows + 1 > MOST_ROWS:
            raise UsageError(
                f"{name} has {expected.rows:,} rows, more than a sheet can hold "
                f"({MOST_ROWS - 1:,} and a header); use --format parquet or csv."
            )
    _require_xlsxwriter()
    title = "Scorecards, subscores, evidence and what their columns mean, as an Excel workbook"
    file = outbox.add(WORKBOOK, Described(title, "xlsx", MEDIA_TYPE))
    make_folder(outbox.folder)
    with (
        naming(outbox.folder, "write in"),
        TemporaryDirectory(prefix=".workbook-", dir=outbox.folder) as folder,
    ):
        path = Path(folder) / WORKBOOK
        file.rows = _write(exported, path)
        for block in blocks_of(path):
            file.write(block)


def _require_xlsxwriter() -> None:
    try:
        import xlsxwriter  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise UsageError(
            f"Workbooks need the extra `xlsx`: {how_to_install('xlsx')}. "
            "Or use --format csv --dialect excel."
        ) from None


def _write(exported: ExportedDay, path: Path) -> int:
    import xlsxwriter  # noqa: PLC0415 - an extra
    from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415 - the same

    # Rows go to files in the same private folder, never to one that is shared.
    options = {"constant_memory": True, "tmpdir": str(path.parent), "use_zip64": True}
    rows = 0
    workbook = xlsxwriter.Workbook(str(path), options)
    try:
        with workbook:
            # Not the time of day, which would make the same workbook other bytes.
            workbook.set_properties({"created": datetime.fromisoformat(exported.day)})
            for name in exported.index.files:
                rows += _write_table(workbook, exported, name)
            _write_dictionary(workbook, list(exported.index.files))
    except FileCreateError:
        raise StorageError(
            f"Cannot write in {path.parent.parent}; make room there and run again."
        ) from None
    finally:
        # XlsxWriter leaves them open when the disk is full.
        for sheet in workbook.worksheets():
            sheet.row_data_fh.close()
    return rows


def _write_table(workbook: "Workbook", exported: ExportedDay, name: str) -> int:
    columns = [column.name for column in TABLES[name]]
    numeric = [column in NUMERIC_COLUMNS for column in columns]
    sheet = _sheet(workbook, name.removesuffix(".csv"), columns)
    row = 0
    for row, cells in enumerate(exported.rows(name), start=1):
        for place, cell in enumerate(cells):
            if cell:
                _write_cell(sheet, row, place, cell, is_numeric=numeric[place])
    return row


def _sheet(workbook: "Workbook", title: str, columns: Sequence[str]) -> "Worksheet":
    from xlsxwriter.worksheet import Worksheet  # noqa: PLC0415 - an extra

    class PlainSheet(Worksheet):  # type: ignore[misc]  # ships no types
        """A sheet without formatted text: XlsxWriter takes any from `<r>` to `</r>` for that."""

        def _xml_rich_inline_string(self, string: str, attributes: list[tuple[str, str]]) -> None:
            self._xml_inline_string(string, preserve=None, attributes=attributes)

    sheet = workbook.add_worksheet(title, worksheet_class=PlainSheet)
    sheet.freeze_panes(1, 0)
    bold = workbook.add_format({"bold": True})
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column, bold)
    return sheet


def _write_cell(sheet: "Worksheet", row: int, place: int, cell: str, *, is_numeric: bool) -> None:
    if is_numeric and is_held_by_a_double(cell):
        sheet.write_number(row, place, float(cell))
        return
    if len(cell) * 2 > LONGEST_TEXT and len(cell.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        raise UsageError(
            f"Row {row + 1} of the sheet {sheet.get_name()} has a text that is longer than a cell "
            f"can hold ({LONGEST_TEXT:,} characters); use --format parquet or csv, which hold it."
        )
    sheet.write_string(row, place, cell)


def is_held_by_a_double(text: str) -> bool:
    """Tell whether a plain decimal has no more digits than every double keeps.

    >>> [is_held_by_a_double(text) for text in ("12.5", "0.333333", "1/3", "9007199254740993")]
    [True, True, False, False]
    """
    if not _PLAIN_NUMBER.fullmatch(text):
        return False
    return len(re.sub("[-.]", "", text).lstrip("0")) <= _DIGITS_OF_A_DOUBLE


def _write_dictionary(workbook: "Workbook", names: Sequence[str]) -> None:
    columns = ("table", "column", "type", "meaning")
    sheet = _sheet(workbook, _DICTIONARY, columns)
    described = [
        (name.removesuffix(".csv"), column.name, column.type, column.meaning)
        for name in names
        for column in TABLES[name]
    ]
    for row, cells in enumerate(described, start=1):
        for place, cell in enumerate(cells):
            sheet.write_string(row, place, cell)
