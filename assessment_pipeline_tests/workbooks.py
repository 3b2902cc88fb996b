"""Workbooks read back as Excel reads them: with openpyxl, which leaves `_xHHHH_` as it is."""

import re
from pathlib import Path
from typing import Any

import openpyxl

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def sheets_of(path: Path) -> dict[str, list[list[Any]]]:
    """Return the cells of every sheet, texts as Excel shows them; an empty cell is ''."""
    book = openpyxl.load_workbook(path)
    try:
        return {
            sheet.title: [[_shown(cell) for cell in row] for row in sheet.iter_rows()]
            for sheet in book.worksheets
        }
    finally:
        book.close()


def _shown(cell: Any) -> Any:  # noqa: ANN401 - what a cell holds
    assert cell.data_type in {"n", "s", "inlineStr"}, cell.data_type
    assert cell.hyperlink is None
    if cell.value is None:
        return ""
    if isinstance(cell.value, str):
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), cell.value)
    return cell.value
