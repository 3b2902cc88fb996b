"""Lint: what is wrong with a rubric that is well written field by field.

Holds the load-time refusals of the contract for one version. What lies between versions is
`catalogue`; what only looks unwise is not refused here.
"""

from collections.abc import Iterator
from fractions import Fraction

from pydantic import ValidationError

from assessment_pipeline.core.feature_rows import FEATURE_NAMES
from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.rubrics.documents import Document
from assessment_pipeline.core.rubrics.examples import example_response, example_value
from assessment_pipeline.core.rubrics.models import Rubric
from assessment_pipeline.core.rubrics.problems import (
    Path,
    RubricProblem,
    json_pointer,
    problems_of,
)
from assessment_pipeline.core.rules import Award, Finding, ItemRule
from assessment_pipeline.core.rules.awards import Void
from assessment_pipeline.core.rules.base import Unfinished

__all__ = ["RubricProblem", "example_value", "lint", "parse_rubric"]


def parse_rubric(document: Document, file: str) -> Rubric | tuple[RubricProblem, ...]:
    """Read a document as a rubric and check it; all its problems if it has any."""
    try:
        rubric = Rubric.model_validate_json(canonical_json(document))
    except ValidationError as error:
        return tuple(problems_of(error, file))
    return lint(rubric, file) or rubric


def lint(rubric: Rubric, file: str) -> tuple[RubricProblem, ...]:
    """Return what is wrong with a rubric taken as a whole."""
    findings = (
        *_validity(rubric),
        *_items(rubric),
        *_dimensions(rubric),
        *_levels(rubric),
        *_scale(rubric),
    )
    return tuple(
        RubricProblem(file, json_pointer(path), message, remedy)
        for path, message, remedy in findings
    )


def _validity(rubric: Rubric) -> Iterator[Finding]:
    if rubric.replaces is None:
        return
    if rubric.valid_from is not None:
        yield Finding(
            ("valid_from",),
            "a version that replaces another takes over its validity",
            "remove valid_from or replaces",
        )
    if not (rubric.reason or "").strip():
        yield Finding(
            ("reason",), "a version that replaces another needs a reason", "say why in reason"
        )


def _items(rubric: Rubric) -> Iterator[Finding]:
    if not rubric.items and rubric.default_item is None:
        yield Finding(("items",), "the rubric has no items", "add at least one")
    for path, item in _placed_items(rubric):
        findings = list(item.problems())
        for finding in findings:
            yield finding._replace(path=(*path, *finding.path))
        if not findings:
            yield from _examples(path, item)


def _placed_items(rubric: Rubric) -> Iterator[tuple[tuple[str, ...], ItemRule]]:
    for item_id, item in rubric.items.items():
        yield ("items", item_id), item
    if rubric.default_item is not None:
        yield ("default_item",), rubric.default_item


def _examples(path: Path, item: ItemRule) -> Iterator[Finding]:
    for index, example in enumerate(item.examples):
        place = (*path, "examples", index)
        for name in example.features:
            if name not in FEATURE_NAMES:
                yield Finding(
                    (*place, "features", name),
                    f"there is no feature {name}",
                    f"use one of {', '.join(FEATURE_NAMES)}",
                )
        try:
            response = example_response(item, example)
        except ValueError as error:
            yield Finding((*place, "response"), "no response can be this", str(error))
            continue
        award = item.award(response)
        if _outcome(award) != (example.points, example.status):
            field = "status" if example.points is None else "points"
            yield Finding(
                (*place, field),
                f"the rule gives {_told(*_outcome(award))}, the example says "
                f"{_told(example.points, example.status)} ({award.explanation})",
                "correct the example or the rule",
            )


def _outcome(award: Award) -> tuple[Fraction | None, Unfinished | None]:
    return None if award.unfinished else award.points, award.unfinished


def _told(points: Fraction | None, status: Unfinished | None) -> str:
    return str(status) if points is None else exact_text(points)


def _dimensions(rubric: Rubric) -> Iterator[Finding]:
    for name, dimension in rubric.dimensions.items():
        seen: set[str] = set()
        for index, item_id in enumerate(dimension.items):
            place = ("dimensions", name, "items", index)
            if rubric.item(item_id) is None:
                yield Finding(
                    place, f"there is no item {item_id}", "correct its id or add the item"
                )
            if item_id in seen:
                yield Finding(place, f"item {item_id} is listed twice", "list it once")
            seen.add(item_id)


def _levels(rubric: Rubric) -> Iterator[Finding]:
    levels = rubric.performance_levels
    names: set[str] = set()
    minima: dict[Fraction, str] = {}
    maximum = rubric.maximum() if _has_known_maximum(rubric) else None
    floor = rubric.policy.floor
    for index, each in enumerate(levels):
        place = ("performance_levels", index)
        if each.level in names:
            yield Finding((*place, "level"), f"level {each.level} is there twice", "rename one")
        names.add(each.level)
        if each.minimum in minima:
            yield Finding(
                (*place, "minimum"),
                f"level {minima[each.minimum]} begins at the same total, so one is unreachable",
                "give each level a minimum of its own",
            )
        minima.setdefault(each.minimum, each.level)
        if maximum is not None and each.minimum > maximum:
            yield Finding(
                (*place, "minimum"),
                f"level {each.level} begins at {exact_text(each.minimum)}, above the highest "
                f"reachable total {exact_text(maximum)}, so it is unreachable",
                "lower its minimum",
            )
        is_below_floor = floor is not None and any(
            each.minimum < other.minimum <= floor for other in levels
        )
        if is_below_floor:
            yield Finding(
                (*place, "minimum"),
                f"level {each.level} ends below the floor of the total, so it is unreachable",
                "remove it, or lower the floor",
            )


def _has_known_maximum(rubric: Rubric) -> bool:
    """Tell whether no response can bring in points beyond the listed items."""
    return rubric.default_item is None or isinstance(rubric.default_item, Void)


def _scale(rubric: Rubric) -> Iterator[Finding]:
    if rubric.scale is None:
        return
    seen: set[tuple[Fraction, bool]] = set()
    for index, row in enumerate(rubric.scale.table or ()):
        if row.rank in seen:
            yield Finding(
                ("scale", "table", index),
                f"another row begins at {exact_text(row.minimum)} in the same way: they overlap",
                "keep one row for each minimum",
            )
        seen.add(row.rank)
    line = rubric.scale.linear
    if line is None or line.minimum is None or line.maximum is None:
        return
    if line.minimum > line.maximum:
        yield Finding(
            ("scale", "linear", "minimum"), "minimum is above maximum", "swap or correct them"
        )
