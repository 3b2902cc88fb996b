"""CSV tables: a header row and its rows, read the same way on every machine.

Pure. RFC 4180 as spreadsheets write it: UTF-8 with or without a byte order mark; LF, CRLF or CR;
cells in double quotes may hold separators, line breaks and doubled quotes. What a column means is
`answer_matrix` and `answer_key`. Errors name lines and columns, never what stands in a cell.

The separator is the one of comma, semicolon and tab that the header line holds most often outside
quotes; where they tie, in this order. Lines without anything in them are passed over.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Final

from assessment_pipeline.core.rejections import ReaderLimits
from assessment_pipeline.errors import UsageError

SEPARATORS: Final = (",", ";", "\t")
MAX_CELL_BYTES: Final = ReaderLimits().response_bytes
_MAX_BYTES_PER_CHARACTER = 4


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of one row, and the line it begins in (from 1)."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A header row and the rows below it; no row is longer than the header."""

    name: str
    """The name to show in errors."""
    header: TableRow
    rows: tuple[TableRow, ...]

    def refuse(self, line: int, message: str) -> UsageError:
        """Return the error that refuses a line."""
        return UsageError(f"{self.name}, line {line}: {message}")


def read_table(content: bytes, name: str) -> Table:
    """Read the bytes of a CSV file.

    Raises:
        UsageError: it is no such table; the message names the line and the remedy.
    """
    text = _decoded(content, name)
    rows = _rows(text, name)
    header = next(rows, None)
    if header is None:
        raise UsageError(f"{name} is empty: its first line names the columns, rows follow.")
    table = Table(name, header, tuple(rows))
    for row in table.rows:
        if len(row.cells) > len(header.cells):
            raise table.refuse(
                row.line,
                f"the row has {len(row.cells)} cells, the header {len(header.cells)}. "
                "Put cells that hold a separator in double quotes, or name the missing columns.",
            )
    return table


def _decoded(content: bytes, name: str) -> str:
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{name}, line {line}: this is not UTF-8. Save the table again as CSV UTF-8."
        ) from None
    place = text.find("\0")
    if place >= 0:
        line = text.count("\n", 0, place) + 1
        raise UsageError(f"{name}, line {line}: there is a NUL character; remove it.")
    return text


def _rows(text: str, name: str) -> Iterator[TableRow]:
    lines = csv.reader(StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    end = 0
    while True:
        begin = end + 1
        try:
            cells = next(lines, None)
        except csv.Error as error:
            raise UsageError(f"{name}, line {begin}: {_explained(error)}") from None
        if cells is None:
            return
        end = lines.line_num
        if any(map(_is_too_large, cells)):
            raise UsageError(f"{name}, line {begin}: {_TOO_LARGE}")
        if any(cell.strip() for cell in cells):
            yield TableRow(begin, tuple(cells))


_TOO_LARGE: Final = (
    f"a cell is larger than {MAX_CELL_BYTES} bytes, the most that a response can have. "
    "Shorten it, or look for a quote that is not closed."
)


def _is_too_large(cell: str) -> bool:
    # Encoded only where its characters could be too many bytes.
    if len(cell) * _MAX_BYTES_PER_CHARACTER <= MAX_CELL_BYTES:
        return False
    return len(cell.encode()) > MAX_CELL_BYTES


def _explained(error: csv.Error) -> str:
    if "field limit" in str(error):
        return _TOO_LARGE
    return (
        "a cell's quotes do not end where the cell does. "
        'Close the quotes, and double those inside: "a ""b"" c".'
    )


def _separator(text: str) -> str:
    counts = dict.fromkeys(SEPARATORS, 0)
    is_quoted = False
    has_begun = False
    for character in text:
        if character == '"':
            is_quoted = not is_quoted
        elif character in "\r\n" and has_begun and not is_quoted:
            break
        elif character in counts and not is_quoted:
            counts[character] += 1
        has_begun = has_begun or character not in "\r\n"
    return max(SEPARATORS, key=counts.__getitem__)
