"""Reading exported CSV files: their rows as cells, refused unless they are what their name says.

Pure: lines of text in, cells out, a row at a time. What the columns mean is `columns`, how cells
are written is `exports`. That no cell was changed is shown by the file's hash, not here.
"""

import csv
from collections.abc import Iterable, Iterator
from typing import Final

from assessment_pipeline.core.exports import COLUMNS
from assessment_pipeline.errors import IntegrityError

# A response may be 64 KiB of text that canonical JSON writes six times as long.
_LONGEST_CELL: Final = 1 << 24


def rows_of(name: str, lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield the rows below the header of one of our CSV files, given as lines that end in LF.

    IntegrityError if it is not the file that `name` says, for example cut or edited.
    """
    allow_long_cells()
    number = 0
    try:
        for number, row in enumerate(csv.reader(lines, strict=True), start=1):
            _require_fit(name, number, row)
            if number > 1:
                yield row
    except csv.Error as error:
        raise not_as_exported(name, f"row {number + 1}: {error}") from None
    require_header(name, number)


def next_row(name: str, number: int, lines: Iterator[str]) -> list[str]:
    """Read one row, which takes as many lines as its cells have; the first is the header."""
    try:
        row = next(csv.reader(lines, strict=True))
    except csv.Error as error:
        raise not_as_exported(name, f"row {number}: {error}") from None
    _require_fit(name, number, row)
    return row


def _require_fit(name: str, number: int, row: list[str]) -> None:
    columns = COLUMNS[name]
    if (number == 1 and row != list(columns)) or len(row) != len(columns):
        raise not_as_exported(name, f"row {number} is none of its rows")


def require_header(name: str, rows: int) -> None:
    """Refuse a file that had no row at all."""
    if not rows:
        raise not_as_exported(name, "it is empty")


def allow_long_cells() -> None:
    """Let the csv module read cells as long as we write them.

    The limit is the module's own, for the whole process; it is only ever raised.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))


def not_as_exported(name: str, what: str) -> IntegrityError:
    """Return the error that refuses a file."""
    return IntegrityError(
        f"{name} is not as it was exported ({what}); run `score` on its day to write it again."
    )
