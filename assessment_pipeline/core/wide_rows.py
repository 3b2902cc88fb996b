"""Wide tables: a row a session, a column an item, as many programs for statistics want them.

Pure: the exported rows in, wide rows out, a session at a time. Each assessment is a table of its
own, since items of two assessments may share a name and have nothing in common. An item's column
is called `item.` and its id, so that no item can pass for another column.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from re import compile as pattern
from typing import Final, Literal, NamedTuple

from assessment_pipeline.core.columns import EVIDENCE, SCORECARDS, TABLES, Column, ColumnType
from assessment_pipeline.core.exports import COLUMNS

ItemCell = Literal["raw_score", "response"]
ITEM: Final = "item."

_SESSION: Final = ("delivery_date", "assessment_id", "session_id", "attempt", "candidate_id")
_FIXED: Final = (*_SESSION, "status", "raw_score", "max_score", "percent")
_MEANINGS: Final[Mapping[ItemCell, tuple[ColumnType, str]]] = {
    "raw_score": (
        "number",
        "Points for the item {} after its weight; empty unless it was scored.",
    ),
    "response": (
        "string",
        "The response to the item {}: text as it is, lists and numbers as JSON.",
    ),
}
_PLAIN_NAME: Final = pattern("[a-z0-9_-]{1,100}")
_NOT_PLAIN: Final = pattern("[^a-z0-9_-]")


def _cells(table: str, names: Sequence[str]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    places = [COLUMNS[table].index(name) for name in names]
    return lambda row: tuple([row[place] for place in places])


_assessment = itemgetter(COLUMNS[EVIDENCE].index("assessment_id"))
_item = itemgetter(COLUMNS[EVIDENCE].index("item_id"))
_fixed = _cells(SCORECARDS, _FIXED)
_session_of_card = _cells(SCORECARDS, _SESSION)
_session_of_evidence = _cells(EVIDENCE, _SESSION)


class WideRow(NamedTuple):
    """One session: which assessment it is of, and the cells of its row."""

    assessment_id: str
    cells: list[str]


def items_by_assessment(evidence: Iterable[Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the items of each assessment in the order of their columns: by item_id."""
    found: dict[str, set[str]] = {}
    for row in evidence:
        found.setdefault(_assessment(row), set()).add(_item(row))
    return {assessment: tuple(sorted(items)) for assessment, items in found.items()}


def wide_rows(
    scorecards: Iterable[Sequence[str]],
    evidence: Iterable[Sequence[str]],
    items: Mapping[str, Sequence[str]],
    cell: ItemCell,
) -> Iterator[WideRow]:
    """Yield a row a scorecard; all rows come in export order, and are read to the last one."""
    place = COLUMNS[EVIDENCE].index(cell)
    nothing: tuple[tuple[str, ...] | None, Iterator[Sequence[str]]] = (None, iter(()))
    sessions = groupby(evidence, key=_session_of_evidence)
    session, rows = next(sessions, nothing)
    for card in scorecards:
        found: dict[str, str] = {}
        if _session_of_card(card) == session:
            found = {_item(row): row[place] for row in rows}
            session, rows = next(sessions, nothing)
        assessment = _assessment(card)
        cells = (found.get(item, "") for item in items.get(assessment, ()))
        yield WideRow(assessment, [*_fixed(card), *cells])
    # The last row says whether the file is as it was exported.
    deque(sessions, maxlen=0)


def wide_columns(items: Sequence[str], cell: ItemCell) -> tuple[Column, ...]:
    """Return the columns of a wide table and what they mean."""
    by_name = {column.name: column for column in TABLES[SCORECARDS]}
    kind, meaning = _MEANINGS[cell]
    return (
        *(by_name[name] for name in _FIXED),
        *(Column(ITEM + item, kind, meaning.format(item), is_required=False) for item in items),
    )


def file_stem(assessment_id: str) -> str:
    """Return an assessment's id as every file system can hold it; no two ids share one.

    >>> file_stem("lsat6"), file_stem("Maths:1")
    ('lsat6', 'maths_1.6f0f83ed18fa50fa')
    """
    if _PLAIN_NAME.fullmatch(assessment_id):
        return assessment_id
    plain = _NOT_PLAIN.sub("_", assessment_id.lower())[:100]
    return f"{plain}.{sha256(assessment_id.encode()).hexdigest()[:16]}"
