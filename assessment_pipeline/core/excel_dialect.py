"""The excel dialect of our CSV files: the same rows, none of which a spreadsheet would run.

Pure: lines of text in, lines of text out, a row at a time. Holds the dialect of CONTRACTS
section 5 and its inverse; the rows themselves come from `core.exports`, copying files is
`services.copy_exports`.

A byte order mark tells spreadsheets that the file is UTF-8. A text cell that would be taken for a
formula gets an apostrophe, and so does one that already starts with an apostrophe: removing one
apostrophe from every text cell that has one restores all of them. Numbers stay as they are.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final

from assessment_pipeline.core.export_cells import allow_long_cells, next_row, require_header
from assessment_pipeline.core.exports import COLUMNS, csv_cell

BYTE_ORDER_MARK: Final = "\ufeff"
APOSTROPHE: Final = "'"

NUMERIC_COLUMNS: Final = frozenset(
    {
        "attempt",
        "duration_ms",
        "max_score",
        "percent",
        "raw_score",
        "raw_score_exact",
        "scale_score",
        "weight",
    }
)

# The last six are the full-width forms of the first six.
_STARTS_FORMULA: Final = frozenset("=+-@|%\t\r\uff1d\uff0b\uff0d\uff20\uff5c\uff05")
_PLAIN_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
# Most cells start with one of these and need no second look.
_HARMLESS: Final = re.compile("[A-Za-z0-9_“]")
# A quote, or a cell that starts with none of these.
_NEEDS_READING: Final = re.compile('"|(?:^|,)[^A-Za-z0-9_“,\n]')


def is_live(text: str) -> bool:
    """Tell whether a spreadsheet might run a cell: what comes after blanks starts a formula.

    White space, control and invisible characters are blanks, except tab and CR, which count as
    such a start themselves. Plain numbers are not run.

    >>> [is_live(text) for text in ("=1+1", "  @SUM(A1)", "-5", "-5+1", "B")]
    [True, True, False, True, False]
    """
    if _HARMLESS.match(text):
        return False
    for character in text:
        if character in _STARTS_FORMULA:
            return not _PLAIN_NUMBER.fullmatch(text)
        if not _is_blank(character):
            return False
    return False


def _is_blank(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in {"Cc", "Cf"}


def protect(text: str) -> str:
    """Return a text cell as the excel dialect writes it.

    >>> protect("=1+1"), protect("'tis"), protect("B")
    ("'=1+1", "''tis", 'B')
    """
    return APOSTROPHE + text if text.startswith(APOSTROPHE) or is_live(text) else text


def unprotect(text: str) -> str:
    """Return the text of a text cell of the excel dialect."""
    return text.removeprefix(APOSTROPHE)


def to_excel(name: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield the rows of one of our CSV files, given as lines that end in LF, in the excel dialect.

    IntegrityError if it is not the file that `name` says, for example cut or edited.
    """
    rows = _changed_rows(name, lines, protect)
    yield BYTE_ORDER_MARK + next(rows)
    yield from rows


def restore(name: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield the rows of a file in the excel dialect as they were before it."""
    yield from _changed_rows(name, _without_mark(lines), unprotect)


def _without_mark(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield line if number else line.removeprefix(BYTE_ORDER_MARK)


def _changed_rows(name: str, lines: Iterable[str], change: Callable[[str], str]) -> Iterator[str]:
    columns = COLUMNS[name]
    texts = [place for place, column in enumerate(columns) if column not in NUMERIC_COLUMNS]
    allow_long_cells()
    remaining = iter(lines)
    number = 0
    for line in remaining:
        number += 1
        # Almost all rows; reading them cell by cell would take five times as long.
        is_plain = number > 1 and not _NEEDS_READING.search(line) and line.endswith("\n")
        if is_plain and line.count(",") == len(columns) - 1:
            yield line
            continue
        row = next_row(name, number, chain((line,), remaining))
        if number > 1:
            for place in texts:
                row[place] = change(row[place])
        yield ",".join(map(csv_cell, row)) + "\n"
    require_header(name, number)
