"""Cells: what one evaluated response is to statistics, and rows of them as arrays.

An item that was voided or excluded has left the total, and so it does here; a missing response
that counts 0 counts 0. A rubric's `missing_for_analysis` takes the place of its missing policy.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

import numpy as np

from assessment_pipeline.core.responses import ItemResponse, ResponseState
from assessment_pipeline.core.rubrics.models import MissingPolicy
from assessment_pipeline.core.rules import ItemRule
from assessment_pipeline.core.statistics.answers import Answers, ItemKey
from assessment_pipeline.core.statistics.keys import chosen_options

_NOTHING: Final = float("nan")
_EXACT_IN_FLOATS: Final = 2**53
_FINEST: Final = 10**9


class Evaluated(NamedTuple):
    """One evaluation of a response, as score runs keep it."""

    item_id: str
    state: ResponseState
    raw_score: Fraction | None
    max_score: Fraction | None
    trace: Mapping[str, Any]
    values: tuple[str, ...]
    """The response's values as text; none if there is no response."""


class Cell(NamedTuple):
    """What one response is worth to statistics, in points; None where the item does not count."""

    item_id: str
    score: Fraction | None
    maximum: Fraction | None
    state: str
    values: tuple[str, ...]


def cell(evaluated: Evaluated, rule: ItemRule | None, policy: MissingPolicy | None) -> Cell:
    """Return the cell of an evaluation.

    Args:
        evaluated: what score runs keep.
        rule: the item's rule in the session's own rubric, if that scored it.
        policy: that rubric's `missing_for_analysis`, if it has one.
    """
    raw, maximum = evaluated.raw_score, evaluated.max_score
    if policy is not None and rule is not None and (state := _policy_state(evaluated.trace)):
        raw, maximum = _by_policy(evaluated, rule, getattr(policy, state))
    if raw is None or maximum is None:
        raw = maximum = None
    return Cell(
        evaluated.item_id,
        raw,
        maximum,
        evaluated.state,
        chosen_options(rule, evaluated.values) if evaluated.state == "answered" else (),
    )


def _policy_state(trace: Mapping[str, Any]) -> ResponseState | None:
    """Return the state that the missing policy decided about, if it decided."""
    for step in trace.get("steps", ()):
        if step.get("step") == "missing_policy":
            state: ResponseState = step["state"]
            return state
    return None


def _by_policy(
    evaluated: Evaluated, rule: ItemRule, decision: str
) -> tuple[Fraction | None, Fraction | None]:
    maximum = rule.maximum() * rule.weight
    if decision == "exclude":
        return None, None
    if decision == "zero":
        return Fraction(0), maximum
    award = rule.award(ItemResponse(evaluated.item_id, None, evaluated.state))
    return (None, None) if award.unfinished else (award.points * rule.weight, maximum)


class Row(NamedTuple):
    """One candidate's cells, with what the delivery says beside them, by item."""

    cells: Sequence[Cell]
    milliseconds: Sequence[int | None]
    """In the order of the cells."""
    positions: Mapping[str, int]
    trailing: frozenset[str]
    day: str
    group: str | None


def arrays(keys: Sequence[ItemKey], rows: Sequence[Row]) -> Answers:
    """Put rows together, an item a column.

    Items that no key is of come after those of the rubric, by item_id, if they count for anybody.
    """
    known = {key.item_id for key in keys}
    others = {
        cell.item_id
        for row in rows
        for cell in row.cells
        if cell.item_id not in known and cell.score is not None
    }
    items = (*keys, *(ItemKey(item_id, None) for item_id in sorted(others)))
    columns = {item.item_id: place for place, item in enumerate(items)}
    shape = (len(rows), len(items))
    scores, maxima, positions, milliseconds = (np.full(shape, np.nan) for _ in range(4))
    states = np.full(shape, "not_presented", dtype=np.object_)
    trailing = np.zeros(shape, dtype=np.bool_)
    chosen: list[dict[int, tuple[str, ...]]] = [{} for _ in items]
    # Rows share their cells; looking a Fraction up is slower than looking up which cell it is.
    distinct = {id(cell): cell for row in rows for cell in row.cells}
    per_point = _units_per_point(distinct.values())
    units = {key: _in_units(cell, per_point) for key, cell in distinct.items()}
    for number, row in enumerate(rows):
        for each, duration in zip(row.cells, row.milliseconds, strict=True):
            place = columns.get(each.item_id)
            if place is None:
                continue
            scores[number, place], maxima[number, place] = units[id(each)]
            states[number, place] = each.state
            trailing[number, place] = each.item_id in row.trailing
            positions[number, place] = row.positions.get(each.item_id, _NOTHING)
            milliseconds[number, place] = _time(duration)
            if items[place].is_closed and each.values:
                chosen[place][number] = each.values
    return Answers(
        items=items,
        scores=scores,
        maxima=maxima,
        states=states,
        trailing=trailing,
        positions=positions,
        milliseconds=milliseconds,
        chosen=chosen,
        days=tuple(row.day for row in rows),
        units_per_point=per_point,
        groups=tuple(row.group for row in rows),
    )


def _units_per_point(cells: Iterable[Cell]) -> int:
    """Return how many units a point is: the common denominator of all points.

    Where sums of such units would be too large for floats to hold exactly, as with points that
    follow from measures of texts, points are rounded to nine places, or fewer if they are huge.
    """
    denominator = 1
    largest: dict[str, Fraction] = {}
    for each in cells:
        for points in (each.score, each.maximum):
            if points is not None:
                denominator = math.lcm(denominator, points.denominator)
                largest[each.item_id] = max(largest.get(each.item_id, points), abs(points))
    total = sum(largest.values(), Fraction(0))
    if total * denominator < _EXACT_IN_FLOATS:
        return denominator
    rounded = _FINEST
    while rounded > 1 and total * rounded >= _EXACT_IN_FLOATS:
        rounded //= 10
    return rounded


def _in_units(cell: Cell, per_point: int) -> tuple[float, float]:
    if cell.score is None or cell.maximum is None:
        return _NOTHING, _NOTHING
    return float(round(cell.score * per_point)), float(round(cell.maximum * per_point))


def _time(milliseconds: int | None) -> float:
    # A negative time is a fault of the delivery, as it is to features.
    return _NOTHING if milliseconds is None or milliseconds < 0 else float(milliseconds)
