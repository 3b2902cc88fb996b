"""Cautions: what a rubric says, and its author likely did not mean.

Holds warnings only: a rubric that has some loads and scores all the same. What is refused is
`lint`; what a rule means is `rules`. Nothing is guessed: a warning says what no response can ever
do (an answer that an earlier one takes, full marks that nobody reaches), not what is bad style.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from assessment_pipeline.core.points import exact_text, rounded
from assessment_pipeline.core.rubrics.models import Rubric
from assessment_pipeline.core.rubrics.problems import Path, RubricProblem, json_pointer
from assessment_pipeline.core.rubrics.reach import reach_of
from assessment_pipeline.core.rubrics.shadows import shadows
from assessment_pipeline.core.rules import Finding, ItemRule
from assessment_pipeline.core.rules.awards import Void
from assessment_pipeline.core.rules.fields import RubricModel

__all__ = ["cautions"]

_ZERO: Final = Fraction(0)


def cautions(rubric: Rubric, file: str) -> tuple[RubricProblem, ...]:
    """Return what in a sound rubric is likely not meant, in the order of its parts."""
    findings = (*_items(rubric), *_dimensions(rubric), *_levels(rubric), *_scale(rubric))
    return tuple(
        RubricProblem(file, json_pointer(path), message, remedy, severity="warning")
        for path, message, remedy in findings
    )


def _items(rubric: Rubric) -> Iterator[Finding]:
    for item_id, item in rubric.items.items():
        yield from _item(("items", item_id), item, rubric)
    if rubric.default_item is not None:
        yield from _item(("default_item",), rubric.default_item, rubric)


def _item(path: tuple[str, ...], item: ItemRule, rubric: Rubric) -> Iterator[Finding]:
    if item.weight == 0 and not isinstance(item, Void):
        yield Finding(
            (*path, "weight"),
            "with weight 0 the item counts in neither score nor maximum",
            "use the rule void, or give it a weight",
        )
    if item.dimension is not None and rubric.dimensions and item.dimension not in rubric.dimensions:
        yield Finding(
            (*path, "dimension"),
            f"dimension {item.dimension} is not among the dimensions",
            "correct its name, or list it under dimensions",
        )
    for place, rule in _with_parts(path, item):
        for finding in shadows(rule):
            yield finding._replace(path=(*place, *finding.path))
        yield from _full_marks(place, rule)
        yield from _bounds(place, rule)


def _with_parts(path: Path, part: RubricModel) -> Iterator[tuple[Path, ItemRule]]:
    """Yield a rule and the rules that are parts of it, each with its place."""
    if isinstance(part, ItemRule):
        yield path, part
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, RubricModel):
            yield from _with_parts((*path, name), value)
        elif isinstance(value, tuple):
            for index, each in enumerate(value):
                if isinstance(each, RubricModel):
                    yield from _with_parts((*path, name, index), each)


def _full_marks(path: Path, rule: ItemRule) -> Iterator[Finding]:
    """Yield a maximum that no response brings, or that some responses exceed."""
    reach = reach_of(rule)
    if reach is None or reach.highest is None:
        return
    maximum, highest = rule.maximum(), reach.highest
    if highest < maximum:
        yield Finding(
            (*path, reach.field),
            f"the item is worth {exact_text(maximum)}, and no response brings more than "
            f"{exact_text(highest)}",
            reach.remedy,
        )
    elif highest > maximum:
        yield Finding(
            (*path, reach.field),
            f"the item is worth {exact_text(maximum)}, and a response can bring "
            f"{exact_text(highest)}",
            reach.remedy,
        )


def _bounds(path: Path, rule: ItemRule) -> Iterator[Finding]:
    lower, upper = rule.bounds()
    if lower is not None and lower == upper:
        yield Finding(
            (*path, "lower_bound"),
            f"both bounds are {exact_text(lower)}, so every response gets that",
            "correct a bound, or use the rule constant",
        )


def _dimensions(rubric: Rubric) -> Iterator[Finding]:
    joined = {item.dimension for item in rubric.items.values()}
    if rubric.default_item is not None:
        joined.add(rubric.default_item.dimension)
    for name, dimension in rubric.dimensions.items():
        if not dimension.items and name not in joined:
            yield Finding(
                ("dimensions", name),
                f"no item is in dimension {name}",
                "list its items, or remove it",
            )


def _lowest_total(rubric: Rubric) -> Fraction | None:
    """Return the lowest total that responses can come to; None if that is not known."""
    lowest, floor = _lowest_sum(rubric), rubric.policy.floor
    if lowest is None or floor is None:
        return floor if lowest is None else lowest
    return max(lowest, floor)


def _lowest_sum(rubric: Rubric) -> Fraction | None:
    late = rubric.policy.late
    is_known = isinstance(rubric.default_item, Void | None)
    if not is_known or (late is not None and late.mode != "none"):
        return None
    lowest = _ZERO
    for item_id in rubric.items:
        item = rubric.item(item_id)
        reach = None if item is None else reach_of(item)
        if item is None or reach is None or reach.lowest is None:
            return None
        # An item can always be left out of a session, so none lifts the lowest total.
        lowest += min(reach.lowest * item.weight, _ZERO)
    return lowest


def _levels(rubric: Rubric) -> Iterator[Finding]:
    """Yield levels below the lowest total; those that the floor cuts off are refused."""
    lowest = _lowest_total(rubric)
    minima = [level.minimum for level in rubric.performance_levels]
    floor = rubric.policy.floor
    for index, level in enumerate(rubric.performance_levels):
        if lowest is None or (floor is not None and lowest <= floor):
            continue
        if any(level.minimum < other <= lowest for other in minima):
            yield Finding(
                ("performance_levels", index, "minimum"),
                f"level {level.level} ends below the lowest total {exact_text(lowest)}, "
                "so nobody is in it",
                "remove it, or correct the minima",
            )


def _scale(rubric: Rubric) -> Iterator[Finding]:
    scale = rubric.scale
    if scale is None:
        return
    line = scale.linear
    if line is not None:
        if line.minimum is not None and line.minimum == line.maximum:
            yield Finding(
                ("scale", "linear", "minimum"),
                f"minimum and maximum are both {exact_text(line.minimum)}, so every total gets it",
                "correct one of them",
            )
        if line.slope == 0:
            yield Finding(
                ("scale", "linear", "slope"),
                "with slope 0 every total gets the same scale score",
                "correct it",
            )
        return
    rows = sorted(enumerate(scale.table or ()), key=lambda row: row[1].rank)
    is_known = isinstance(rubric.default_item, Void | None)
    highest = _rounded(rubric, rubric.maximum()) if is_known else None
    lowest = _rounded(rubric, _lowest_total(rubric))
    for (place, row), (_, above) in zip(rows, [*rows[1:], (0, None)], strict=True):
        if highest is not None and not row.is_reached(highest):
            yield Finding(
                ("scale", "table", place, "minimum"),
                f"this row begins at {exact_text(row.minimum)}, and the highest total is "
                f"{exact_text(highest)}",
                "lower its minimum, or remove the row",
            )
        if above is None:
            continue
        if lowest is not None and above.is_reached(lowest):
            yield Finding(
                ("scale", "table", place),
                f"this row ends below the lowest total {exact_text(lowest)}, so nobody is in it",
                "remove it, or correct the minima",
            )
        if above.value < row.value:
            yield Finding(
                ("scale", "table", place, "value"),
                f"from {exact_text(above.minimum)} on a higher total gets the lower scale score "
                f"{exact_text(above.value)} instead of {exact_text(row.value)}",
                "correct the values, or the minima",
            )


def _rounded(rubric: Rubric, total: Fraction | None) -> Fraction | None:
    """Return a total as the scale reads it."""
    rounding = rubric.policy.rounding
    if total is None or rounding is None:
        return total
    return rounded(total, rounding.mode, rounding.decimals)
