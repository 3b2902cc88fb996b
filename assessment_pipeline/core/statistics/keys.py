"""Keys: what statistics take from a rubric version: options, keys, levels of criteria.

Which option a text stands for is asked of the rule: `1` may be `true`, and `a` may be `A`.

An item is closed, so that what was chosen may be told, if its rule is match_correct, multi_select
or map_response and its values are identifiers or booleans, one or several in no order. All other
responses are texts or numbers of candidates' own, and stay out of statistics.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from assessment_pipeline.core.rubrics.models import Rubric
from assessment_pipeline.core.rules import ItemRule
from assessment_pipeline.core.rules.map_response import MapResponse
from assessment_pipeline.core.rules.match_correct import MatchCorrect
from assessment_pipeline.core.rules.multi_select import MultiSelect
from assessment_pipeline.core.rules.ratings import Ratings
from assessment_pipeline.core.statistics.agreement import CriterionLevels
from assessment_pipeline.core.statistics.answers import ItemKey

_CLOSED_TYPES = ("identifier", "boolean")


def item_key(item_id: str, rule: ItemRule | None) -> ItemKey:
    """Return what the rule of an item says of its options."""
    name = None if rule is None else rule.rule
    match rule:
        case MultiSelect():
            return _closed(item_id, name, rule.options or rule.correct, rule.correct)
        case MatchCorrect() if _has_options(rule):
            options = _named(rule, rule.correct)
            return _closed(item_id, name, options, options)
        case MapResponse() if _has_options(rule):
            worths = {entry.key: rule.worth_of(entry.key) for entry in rule.entries}
            return _closed(item_id, name, _named(rule, worths), _keys(rule, worths))
        case _:
            return ItemKey(item_id, name)


def chosen_options(rule: ItemRule | None, values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values of a response as the rubric names the options that they are."""
    if isinstance(rule, MatchCorrect | MapResponse) and _has_options(rule):
        return _named(rule, values)
    return values


def _named(rule: MatchCorrect | MapResponse, values: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(rule.option_of, values))


def _keys(rule: MapResponse, worths: Mapping[str, Fraction]) -> tuple[str, ...]:
    """Return the best options where one is chosen, those worth something where several are."""
    best = max(worths.values(), default=None)
    if rule.cardinality == "multiple":
        return _named(rule, (key for key, worth in worths.items() if worth > 0))
    return _named(rule, (key for key, worth in worths.items() if worth == best))


def _has_options(rule: MatchCorrect | MapResponse) -> bool:
    return rule.base_type in _CLOSED_TYPES and rule.cardinality != "ordered"


def _closed(item_id: str, rule: str | None, options: Sequence[str], keys: Sequence[str]) -> ItemKey:
    return ItemKey(item_id, rule, tuple(dict.fromkeys(options)), frozenset(keys), is_closed=True)


def rated_criteria(rubric: Rubric) -> Iterator[CriterionLevels]:
    """Yield the criteria that raters judge."""
    for item_id, rule in rubric.items.items():
        if isinstance(rule, Ratings):
            for criterion in rule.criteria:
                points = sorted(level.points for level in criterion.levels)
                yield CriterionLevels(item_id, criterion.id, [float(each) for each in points])


def level_places(rubric: Rubric) -> dict[tuple[str, str, str], int]:
    """Return the place of each level by item, criterion and level id, ascending by points."""
    return {
        (item_id, criterion.id, level.id): place
        for item_id, rule in rubric.items.items()
        if isinstance(rule, Ratings)
        for criterion in rule.criteria
        for place, level in enumerate(sorted(criterion.levels, key=lambda each: each.points))
    }
