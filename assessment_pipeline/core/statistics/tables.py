"""Tables: item statistics as CSV files, for whoever goes on computing.

RFC 4180, UTF-8, LF, a header row; numbers with 12 significant digits, empty where there is none.
Options and groups are what candidates and deliveries wrote: a text that a spreadsheet would run has
an apostrophe before it, as in the excel dialect, and without that apostrophe is as it was.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from assessment_pipeline.core.excel_dialect import protect
from assessment_pipeline.core.exports import csv_cell
from assessment_pipeline.core.statistics.results import DIGITS, Dif, Option, Statistics

_OF_ITEM: Final = (
    "item_id",
    "rule",
    "position",
    "n",
    "max_score",
    "mean",
    "standard_deviation",
    "difficulty",
    "discrimination",
    "alpha_if_deleted",
)
_OF_MISSING: Final = (
    "presented",
    "omitted",
    "not_reached",
    "invalid",
    "absent",
    "omitted_share",
    "not_reached_share",
)
_OF_TIME: Final = ("lower_quartile", "median", "upper_quartile", "mean", "rapid_share")
ITEM_COLUMNS: Final = (
    *_OF_ITEM,
    *_OF_MISSING,
    *(f"seconds_{name}" for name in _OF_TIME[:-1]),
    "rapid_share",
    "flags",
    "reasons",
)
OPTION_COLUMNS: Final = (
    "item_id",
    "option",
    "is_key",
    "n",
    "share",
    "discrimination",
    "lower",
    "middle",
    "upper",
)
DIF_COLUMNS: Final = ("item_id", *Dif.__struct_fields__)


def item_table(statistics: Statistics) -> bytes:
    """Return the items, a row each."""
    return _table(ITEM_COLUMNS, _items(statistics))


def option_table(statistics: Statistics) -> bytes:
    """Return the options of closed items, a row each."""
    rows = (
        (item.item_id, *_of_option(option))
        for item in statistics.items
        if item.options is not None
        for option in item.options.options
    )
    return _table(OPTION_COLUMNS, rows)


def dif_table(statistics: Statistics) -> bytes:
    """Return DIF, a row an item, focal group, and without or with purification."""
    rows = (
        (item.item_id, *msgspec.structs.astuple(dif))
        for item in statistics.items
        for dif in item.dif
    )
    return _table(DIF_COLUMNS, rows)


def _items(statistics: Statistics) -> Iterator[Sequence[object]]:
    for item in statistics.items:
        yield (
            *(getattr(item, name) for name in _OF_ITEM),
            *(getattr(item.missing, name) for name in _OF_MISSING),
            *(getattr(item.times, name) if item.times else None for name in _OF_TIME),
            " ".join(dict.fromkeys(flag.code for flag in item.flags)),
            " ".join(flag.reason for flag in item.flags),
        )


def _of_option(option: Option) -> Sequence[object]:
    return (
        option.option,
        option.is_key,
        option.n,
        option.share,
        option.discrimination,
        *option.by_group,
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    lines = [",".join(columns)]
    lines.extend(",".join(csv_cell(_text(value)) for value in row) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    return protect(value) if isinstance(value, str) else str(value)
