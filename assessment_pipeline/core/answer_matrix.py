"""Answer matrices: a table of answers, a candidate a row and an item a column, as a delivery.

Pure. Cells become responses as they are, exactly as text; an empty cell is null, no response. A
row that ends early lacks its last answers. Numbers with a decimal comma are text like any other,
and counted, unless they are asked to be read as numbers. How the table is read is `csv_tables`;
how names become ids is `fitting_ids`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from assessment_pipeline.core.csv_tables import Table, TableRow, read_table
from assessment_pipeline.core.fitting_ids import (
    candidate_id_for,
    item_id_for,
    session_id_for,
    tidied,
)
from assessment_pipeline.core.hashing import Json, canonical_json
from assessment_pipeline.core.rejections import ReaderLimits
from assessment_pipeline.errors import UsageError

_LIMITS: Final = ReaderLimits()
# One comma between digits: with points in it as well, nobody can tell what they mean.
_is_decimal_comma: Final = re.compile(r"\s*([+\-\u2212]?[0-9]+),([0-9]+)\s*").fullmatch

IdKind: TypeAlias = Literal["candidate_id", "item_id"]


class MappedId(NamedTuple):
    """A name of the table that is no id, and the id that stands for it."""

    kind: IdKind
    mapped: str
    original: str


@dataclass(frozen=True, slots=True)
class MatrixDelivery:
    """A delivery file made of a table of answers."""

    content: bytes
    """One session a line, canonical JSON, in the order of the rows."""
    candidates: int
    item_ids: tuple[str, ...]
    """The items, in the order of the columns."""
    empty_cells: int
    decimal_commas: tuple[tuple[str, int], ...]
    """Items with cells that are numbers with a decimal comma and stayed text, and how many."""
    short_rows: tuple[int, ...]
    """The lines of rows that have fewer cells than the header."""
    mapped_ids: tuple[MappedId, ...]


class _Column(NamedTuple):
    position: int
    item_id: str


def read_answer_matrix(
    content: bytes,
    name: str,
    *,
    assessment_id: str,
    submitted_at: str,
    id_column: str | None = None,
    list_separator: str | None = None,
    reads_decimal_commas: bool = False,
) -> MatrixDelivery:
    """Make a delivery of the bytes of a CSV file.

    Args:
        content: the file.
        name: what to call it in errors.
        assessment_id: what the candidates took.
        submitted_at: when they handed it in, RFC 3339.
        id_column: the column that names the candidates; the first one if not given.
        list_separator: cells that hold it are lists, split there; none are if not given.
        reads_decimal_commas: whether `3,14` as a whole cell becomes `3.14`.

    Raises:
        UsageError: it is no such table; the message names the line and the remedy.
    """
    if reads_decimal_commas and list_separator and "," in list_separator:
        raise UsageError("A comma cannot part both lists and decimals: choose one of them.")
    table = read_table(content, name)
    place = _id_place(table, id_column)
    columns, mapped_items = _columns(table, place)
    if not table.rows:
        raise UsageError(f"{name} has no rows: below the header, each row is a candidate.")
    candidates, mapped_candidates = _candidates(table, place)
    lines = []
    empty_cells = 0
    decimal_commas: Counter[str] = Counter()
    for row, candidate_id in zip(table.rows, candidates, strict=True):
        values = [_value(_cell(row, column.position), list_separator) for column in columns]
        if reads_decimal_commas:
            values = [_with_point(value) for value in values]
        empty_cells += values.count(None)
        decimal_commas.update(
            column.item_id
            for column, value in zip(columns, values, strict=True)
            if isinstance(value, str) and _is_decimal_comma(value)
        )
        responses: list[Json] = [
            {"item_id": column.item_id, "value": value}
            for column, value in zip(columns, values, strict=True)
        ]
        line = canonical_json(
            {
                "assessment_id": assessment_id,
                "candidate_id": candidate_id,
                "responses": responses,
                "session_id": session_id_for(assessment_id, candidate_id),
                "submitted_at": submitted_at,
            }
        )
        if len(line) > _LIMITS.record_bytes:
            raise table.refuse(
                row.line,
                f"the row is larger than {_LIMITS.record_bytes} bytes, the most that a session "
                "can have. Shorten its answers, or deliver them as JSON lines.",
            )
        lines.append(line + b"\n")
    return MatrixDelivery(
        content=b"".join(lines),
        candidates=len(lines),
        item_ids=tuple(column.item_id for column in columns),
        empty_cells=empty_cells,
        decimal_commas=tuple(sorted(decimal_commas.items())),
        short_rows=tuple(
            row.line for row in table.rows if len(row.cells) < len(table.header.cells)
        ),
        mapped_ids=(*mapped_candidates, *mapped_items),
    )


def _id_place(table: Table, id_column: str | None) -> int:
    if id_column is None:
        return 0
    names = [tidied(cell) for cell in table.header.cells]
    if names.count(tidied(id_column)) == 1:
        return names.index(tidied(id_column))
    found = "no column" if tidied(id_column) not in names else "several columns"
    raise UsageError(
        f"{table.name} has {found} named {id_column!r}: name the one column that says who "
        "the candidate is, as the header writes it."
    )


def _columns(table: Table, id_place: int) -> tuple[list[_Column], list[MappedId]]:
    columns = []
    mapped = []
    seen: dict[str, int] = {}
    for position, cell in enumerate(table.header.cells):
        # Whoever is the candidate needs no name: R writes row names below an empty cell.
        if position == id_place:
            continue
        name = tidied(cell)
        if not name:
            raise table.refuse(
                table.header.line,
                f"column {position + 1} has no name. Name its item, or remove the column.",
            )
        item_id = item_id_for(name)
        first = seen.setdefault(item_id, position)
        if first != position:
            raise table.refuse(
                table.header.line,
                f"columns {first + 1} and {position + 1} have the same name. "
                "Each item has one column; rename or remove one of them.",
            )
        columns.append(_Column(position, item_id))
        if item_id != name:
            mapped.append(MappedId("item_id", item_id, name))
    if not columns:
        raise table.refuse(
            table.header.line,
            "there is no column for an item. The columns stand apart by comma, semicolon or tab.",
        )
    if len(columns) > _LIMITS.responses:
        raise table.refuse(
            table.header.line,
            f"there are {len(columns)} items; a session has at most {_LIMITS.responses}. "
            "Split the table.",
        )
    return columns, mapped


def _candidates(table: Table, id_place: int) -> tuple[list[str], list[MappedId]]:
    mapped = []
    lines: dict[str, int] = {}
    for row in table.rows:
        name = tidied(_cell(row, id_place))
        if not name:
            raise table.refuse(row.line, "the row names no candidate. Fill it in, or remove it.")
        candidate_id = candidate_id_for(name)
        first = lines.setdefault(candidate_id, row.line)
        if first != row.line:
            raise table.refuse(
                row.line,
                f"the candidate of line {first} is here again. Keep one row for each; further "
                "attempts are delivered as JSON lines.",
            )
        if candidate_id != name:
            mapped.append(MappedId("candidate_id", candidate_id, name))
    return list(lines), mapped


def _cell(row: TableRow, position: int) -> str:
    return row.cells[position] if position < len(row.cells) else ""


def _value(cell: str, list_separator: str | None) -> str | list[str] | None:
    if list_separator is None or list_separator not in cell:
        return cell or None
    return list(_parts(cell.split(list_separator))) or None


def _with_point(value: str | list[str] | None) -> str | list[str] | None:
    found = _is_decimal_comma(value) if isinstance(value, str) else None
    return ".".join(found.groups()) if found else value


def _parts(texts: Iterable[str]) -> Iterator[str]:
    return (text.strip() for text in texts if text.strip())
