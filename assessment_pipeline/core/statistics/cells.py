"""Cells: what one evaluated response is to statistics, and rows of them as arrays.

An item that was voided or excluded has left the total, and so it does here; a missing response
that counts 0 counts 0. A rubric's `missing_for_analysis` takes the place of its missing policy.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

import numpy as np

from assessment_pipeline.core.responses import ItemResponse, ResponseState
from assessment_pipeline.core.rubrics.models import MissingPolicy
from assessment_pipeline.core.rules import ItemRule
from assessment_pipeline.core.statistics.answers import Answers, ItemKey

_NOTHING: Final = float("nan")


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
    """What one response is worth to statistics; NaN where the item does not count."""

    item_id: str
    score: float
    maximum: float
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
    is_counted = raw is not None and maximum is not None
    return Cell(
        evaluated.item_id,
        float(raw) if is_counted and raw is not None else _NOTHING,
        float(maximum) if is_counted and maximum is not None else _NOTHING,
        evaluated.state,
        evaluated.values if evaluated.state == "answered" else (),
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
        if cell.item_id not in known and cell.score == cell.score
    }
    items = (*keys, *(ItemKey(item_id, None) for item_id in sorted(others)))
    columns = {item.item_id: place for place, item in enumerate(items)}
    shape = (len(rows), len(items))
    scores, maxima, positions, milliseconds = (np.full(shape, np.nan) for _ in range(4))
    states = np.full(shape, "not_presented", dtype=np.object_)
    trailing = np.zeros(shape, dtype=np.bool_)
    chosen: list[dict[int, tuple[str, ...]]] = [{} for _ in items]
    for number, row in enumerate(rows):
        for each, duration in zip(row.cells, row.milliseconds, strict=True):
            place = columns.get(each.item_id)
            if place is None:
                continue
            scores[number, place], maxima[number, place] = each.score, each.maximum
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
        groups=tuple(row.group for row in rows),
    )


def _time(milliseconds: int | None) -> float:
    # A negative time is a fault of the delivery, as it is to features.
    return _NOTHING if milliseconds is None or milliseconds < 0 else float(milliseconds)
