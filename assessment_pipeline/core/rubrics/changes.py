"""Changes: what changes from one part of a rubric to another of its kind, in words.

Holds the comparison of models field by field; the parts that a rubric as a whole has are
`differences`. What is named (an entry, a criterion) is compared by its name, what has an order
(answers, parts) in its order, and what has none (options) without one.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.rubrics.problems import Path
from assessment_pipeline.core.rubrics.wording import named, shown
from assessment_pipeline.core.rules import ItemRule
from assessment_pipeline.core.rules.areas import Area
from assessment_pipeline.core.rules.feature_bands import FeatureBand
from assessment_pipeline.core.rules.feature_linear import LinearTerm
from assessment_pipeline.core.rules.fields import RubricModel
from assessment_pipeline.core.rules.keywords import KeywordCriterion
from assessment_pipeline.core.rules.map_response import MapEntry
from assessment_pipeline.core.rules.match_correct import MatchCorrect
from assessment_pipeline.core.rules.multi_select import MultiSelect
from assessment_pipeline.core.rules.ratings import RatingCriterion, RatingLevel

Group: TypeAlias = Literal["noticed", "otherwise", "wording"]
"""noticed: the points of some response, a level, a subscore or a scale score may change;
otherwise: something else than wording does."""

_WORDING: Final = frozenset({"title", "descriptor", "examples", "reason"})
_UNORDERED: Final = frozenset({"any_of", "items", "normalise", "options"})
_KEYS: Final[Mapping[type[RubricModel], Callable[[Any], Hashable]]] = {
    Area: lambda area: (area.shape, area.coords),
    FeatureBand: lambda band: (band.feature, band.minimum),
    KeywordCriterion: lambda criterion: criterion.id,
    LinearTerm: lambda term: term.feature,
    MapEntry: lambda entry: (entry.key, entry.case_sensitive),
    RatingCriterion: lambda criterion: criterion.id,
    RatingLevel: lambda level: level.id,
}


class Change(NamedTuple):
    """One thing that changes, and where: in the new version, or in the old one if it is gone."""

    path: Path
    message: str
    group: Group = "noticed"


def rule_changes(path: Path, subject: str, old: ItemRule, new: ItemRule) -> Iterator[Change]:
    """Yield what changes from one rule to another."""
    if old.rule != new.rule:
        yield Change(path, f"{subject}: the rule is {new.rule}, was {old.rule}")
        fields = [name for name in ItemRule.model_fields if name != "rule"]
    else:
        fields = [name for name in type(new).model_fields if name != "rule"]
    if old.maximum() != new.maximum():
        worth = f"{exact_text(new.maximum())}, was {exact_text(old.maximum())}"
        yield Change((*path, "points"), f"{subject}: full credit is worth {worth}")
    for name in fields:
        # What `points` mean is the maximum; how it came about shows in the other fields.
        if name != "points":
            yield from field_changes(path, subject, name, old, new)


def field_changes(
    path: Path, subject: str, name: str, old: RubricModel, new: RubricModel
) -> Iterator[Change]:
    """Yield what changes in one field of two models of a kind."""
    place = (*path, name)
    before, after = _readings(name, old), _readings(name, new)
    if before == after:
        return
    if name in _WORDING:
        words = (
            f"{subject}: {name} changed"
            if name == "examples"
            else said(f"{subject}: {name}", before, after)
        )
        yield Change(place, words, "wording")
    elif isinstance(before, RubricModel) and isinstance(after, RubricModel):
        yield from model_changes(place, f"{subject}: {named(name)}", before, after)
    elif _is_of_models(before) and _is_of_models(after):
        yield from _list_changes(place, f"{subject}: {named(name)}", before, after)
    else:
        yield Change(place, said(f"{subject}: {named(name)}", before, after))


def _readings(name: str, model: RubricModel) -> Any:  # noqa: ANN401  any field's value
    """Return a field's value, without an order that means nothing."""
    value = getattr(model, name)
    is_set = isinstance(model, MultiSelect) or (
        isinstance(model, MatchCorrect) and model.cardinality == "multiple"
    )
    if name == "correct" and isinstance(model, MatchCorrect) and model.cardinality == "single":
        return value[0]
    if isinstance(value, tuple) and (name in _UNORDERED or (name == "correct" and is_set)):
        return tuple(sorted(value))
    return value


def model_changes(path: Path, subject: str, old: RubricModel, new: RubricModel) -> Iterator[Change]:
    """Yield what changes from one model to another of its kind."""
    if isinstance(old, ItemRule) and isinstance(new, ItemRule):
        yield from rule_changes(path, subject, old, new)
        return
    for name in type(new).model_fields:
        yield from field_changes(path, subject, name, old, new)


def _is_of_models(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(each, RubricModel) for each in value)


def _list_changes(
    path: Path, subject: str, old: tuple[RubricModel, ...], new: tuple[RubricModel, ...]
) -> Iterator[Change]:
    key = _KEYS.get(type((*new, *old)[0]))
    if key is None:
        yield from _sequence_changes(path, subject, old, new)
        return
    before = {key(each): (place, each) for place, each in enumerate(old)}
    after = {key(each): (place, each) for place, each in enumerate(new)}
    for at, (place, each) in after.items():
        if at not in before:
            yield Change((*path, place), f"{subject} {shown(each)} is new")
        elif before[at][1] != each:
            name = shown(at[0] if isinstance(at, tuple) else at)
            yield from model_changes((*path, place), f"{subject} {name}", before[at][1], each)
    for at, (place, each) in before.items():
        if at not in after:
            yield Change((*path, place), f"{subject} {shown(each)} is gone")


def _sequence_changes(
    path: Path, subject: str, old: tuple[RubricModel, ...], new: tuple[RubricModel, ...]
) -> Iterator[Change]:
    """Compare lists whose order counts: what stays in its order is no difference."""
    steps = SequenceMatcher(None, [*map(repr, old)], [*map(repr, new)], autojunk=False)
    for kind, first, last, start, end in steps.get_opcodes():
        if kind == "equal":
            continue
        both = min(last - first, end - start)
        for before, place in zip(
            range(first, first + both), range(start, start + both), strict=True
        ):
            yield from model_changes(
                (*path, place), f"{subject} {place + 1}", old[before], new[place]
            )
        for place in range(start + both, end):
            yield Change((*path, place), f"{subject} {place + 1} is new: {shown(new[place])}")
        for place in range(first + both, last):
            yield Change((*path, place), f"{subject} {place + 1} is gone: {shown(old[place])}")


def said(subject: str, before: object, after: object) -> str:
    """Say what something is, and what it was."""
    return f"{subject} is {shown(after)}, was {shown(before)}"
