"""Differences: what changes from one rubric version to another, in words.

Pure. What a candidate would notice (the points of some response, a level, a subscore, a scale
score), what changes otherwise (validity, statistics), and what only changes wording. Two versions
are compared as they are read, so writing a default out, or listing options in another order, is no
difference. Versions with the same structure hash differ in nothing that a candidate would notice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.rubrics.catalogue import RubricVersion
from assessment_pipeline.core.rubrics.changes import (
    Change,
    Group,
    field_changes,
    model_changes,
    rule_changes,
    said,
)
from assessment_pipeline.core.rubrics.models import (
    Dimension,
    PerformanceLevel,
    Policy,
    Rubric,
    ScaleRow,
)
from assessment_pipeline.core.rubrics.problems import json_pointer
from assessment_pipeline.core.rubrics.wording import item, shown
from assessment_pipeline.core.rules import ItemRule


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changes."""

    pointer: str
    """JSON pointer into the new document; of what is gone, into the old one."""
    message: str


@dataclass(frozen=True, slots=True)
class Differences:
    """Everything that changes: the rubric's own fields, then items by their ids."""

    is_same_structure: bool
    """Whether the structure hash is the same."""
    noticed: tuple[Difference, ...]
    """What a candidate would notice."""
    otherwise: tuple[Difference, ...]
    """What changes no score of a session: validity, statistics."""
    wording: tuple[Difference, ...]


def differences(old: RubricVersion, new: RubricVersion) -> Differences:
    """Return what changes from one version to another."""
    changes = list(_rubrics(old.rubric, new.rubric))

    def of_group(group: Group) -> tuple[Difference, ...]:
        return tuple(
            Difference(json_pointer(change.path), change.message)
            for change in changes
            if change.group == group
        )

    return Differences(
        old.structure_hash == new.structure_hash,
        of_group("noticed"),
        of_group("otherwise"),
        of_group("wording"),
    )


def _rubrics(old: Rubric, new: Rubric) -> Iterator[Change]:
    yield from field_changes((), "The rubric", "assessment_id", old, new)
    yield from field_changes((), "The rubric", "title", old, new)
    yield from _validity(old, new)
    yield from _policies(old.policy, new.policy)
    yield from _dimensions(old.dimensions, new.dimensions)
    if old.maximum() != new.maximum():
        totals = f"{exact_text(new.maximum())}, was {exact_text(old.maximum())}"
        yield Change(("items",), f"The highest total is {totals}")
    yield from _levels(old.performance_levels, new.performance_levels)
    yield from _scales(old, new)
    yield from _items(old, new)
    yield from _default_items(old.default_item, new.default_item)


def _validity(old: Rubric, new: Rubric) -> Iterator[Change]:
    if old.valid_from != new.valid_from:
        since, before = (
            "the beginning" if each is None else shown(each)
            for each in (new.valid_from, old.valid_from)
        )
        message = f"It scores what is submitted from {since} on, was from {before} on"
        yield Change(("valid_from",), message, "otherwise")
    if old.replaces != new.replaces:
        message = said("The version that it replaces", old.replaces, new.replaces)
        yield Change(("replaces",), message, "otherwise")
    yield from field_changes((), "The rubric", "reason", old, new)


def _policies(old: Policy, new: Policy) -> Iterator[Change]:
    for name in Policy.model_fields:
        for change in field_changes(("policy",), "Policy", name, old, new):
            # What statistics make of missing responses is read by no score.
            is_for_scores = name != "missing_for_analysis"
            yield change if is_for_scores else change._replace(group="otherwise")


def _dimensions(old: Mapping[str, Dimension], new: Mapping[str, Dimension]) -> Iterator[Change]:
    for name, dimension in sorted(new.items()):
        path = ("dimensions", name)
        if name not in old:
            items = shown(dimension.items)
            yield Change(path, f"Dimension {name} is new, with the items {items}")
            continue
        before, after = set(old[name].items), set(dimension.items)
        for item_id in sorted(after - before):
            yield Change((*path, "items"), f"Dimension {name}: {item_id} counts in it now")
        for item_id in sorted(before - after):
            yield Change((*path, "items"), f"Dimension {name}: {item_id} counts in it no longer")
        for field in ("title", "descriptor"):
            yield from field_changes(path, f"Dimension {name}", field, old[name], dimension)
    for name in sorted(old):
        if name not in new:
            yield Change(("dimensions", name), f"Dimension {name} is gone")


def _levels(
    old: tuple[PerformanceLevel, ...], new: tuple[PerformanceLevel, ...]
) -> Iterator[Change]:
    before = {level.level: level for level in old}
    after = {level.level for level in new}
    gone = {level.minimum: level for level in old if level.level not in after}
    for place, level in enumerate(new):
        path = ("performance_levels", place)
        minimum = exact_text(level.minimum)
        if level.level in before:
            previous = before[level.level]
            if previous.minimum != level.minimum:
                begins = f"begins at {minimum}, was {exact_text(previous.minimum)}"
                yield Change((*path, "minimum"), f"Level {shown(level.level)} {begins}")
        elif level.minimum in gone:
            previous = gone.pop(level.minimum)
            called = f"is called {shown(level.level)} now"
            yield Change((*path, "level"), f"Level {shown(previous.level)} {called}")
        else:
            yield Change(path, f"Level {shown(level.level)} is new, from {minimum} on")
            continue
        for field in ("title", "descriptor"):
            subject = f"Level {shown(level.level)}"
            yield from field_changes(path, subject, field, previous, level)
    for place, level in enumerate(old):
        if level.level not in after and gone.get(level.minimum) is level:
            minimum = exact_text(level.minimum)
            yield Change(
                ("performance_levels", place),
                f"Level {shown(level.level)} is gone; it began at {minimum}",
            )


def _scales(old: Rubric, new: Rubric) -> Iterator[Change]:
    path = ("scale",)
    before, after = old.scale, new.scale
    if before is None or after is None:
        if before is not after:
            yield Change(path, said("The scale", before, after))
        return
    if after.linear is not None and before.linear is not None:
        yield from model_changes((*path, "linear"), "The scale", before.linear, after.linear)
        return
    if after.table is None or before.table is None:
        yield Change(path, said("The scale", before, after))
        return
    rows = {row.rank: row for row in before.table}
    for place, row in enumerate(after.table):
        previous = rows.pop(row.rank, None)
        value = exact_text(row.value)
        if previous is None:
            message = f"The scale has a new row: {_from(row)} it gives {value}"
            yield Change((*path, "table", place), message)
        elif previous.value != row.value:
            message = f"The scale gives {value} {_from(row)}, was {exact_text(previous.value)}"
            yield Change((*path, "table", place, "value"), message)
    for place, row in enumerate(before.table):
        if row.rank in rows:
            gone = f"no row {_from(row)} any longer; it gave {exact_text(row.value)}"
            yield Change((*path, "table", place), f"The scale has {gone}")


def _from(row: ScaleRow) -> str:
    return f"{'from' if row.inclusive else 'above'} {exact_text(row.minimum)}"


def _items(old: Rubric, new: Rubric) -> Iterator[Change]:
    for item_id, rule in sorted(new.items.items()):
        path = ("items", item_id)
        before = old.items.get(item_id)
        if before is None:
            yield Change(path, f"{item_id} is new: {item(rule)}")
        else:
            yield from rule_changes(path, item_id, before, rule)
    default = new.default_item
    left = "" if default is None else f"; the default item scores it now: {item(default)}"
    for item_id, rule in sorted(old.items.items()):
        if item_id not in new.items:
            yield Change(("items", item_id), f"{item_id} is gone: it was {item(rule)}{left}")


def _default_items(old: ItemRule | None, new: ItemRule | None) -> Iterator[Change]:
    path = ("default_item",)
    if old is not None and new is not None:
        yield from rule_changes(path, "Items that are not listed", old, new)
    elif new is not None:
        said = f"Items that are not listed are scored now: {item(new)}"
        yield Change(path, said)
    elif old is not None:
        said = f"Items that are not listed are unscorable now: they were {item(old)}"
        yield Change(path, said)
