"""Reach: the lowest and the highest points that any response brings an item, before weight.

Holds what follows from a rule's parameters alone, for the warnings of `cautions`; scoring never
asks it. A rule that this module does not know has no reach, and no warning comes of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from assessment_pipeline.core.rules import ItemRule
from assessment_pipeline.core.rules.awards import Constant, FullCredit, Void
from assessment_pipeline.core.rules.feature_bands import FeatureBands
from assessment_pipeline.core.rules.feature_linear import FeatureLinear
from assessment_pipeline.core.rules.keywords import Keywords
from assessment_pipeline.core.rules.map_response import MapResponse
from assessment_pipeline.core.rules.map_response_point import MapResponsePoint
from assessment_pipeline.core.rules.match_correct import MatchCorrect
from assessment_pipeline.core.rules.multi_select import MultiSelect
from assessment_pipeline.core.rules.numeric import Numeric
from assessment_pipeline.core.rules.ordering import Ordering
from assessment_pipeline.core.rules.text import TextRule

_ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Reach:
    """The points that responses can bring; None where there is no limit."""

    lowest: Fraction | None
    highest: Fraction | None
    field: str = "points"
    """The field that decides the highest."""
    remedy: str = "correct points"


def reach_of(rule: ItemRule) -> Reach | None:
    """Return the reach of a rule; None if it is not known."""
    match rule:
        case MultiSelect() | Ordering() | Constant() | FullCredit() | Void():
            return Reach(_ZERO, rule.maximum())
        case MatchCorrect() | FeatureLinear():
            return Reach(rule.bounds()[0], rule.maximum())
        case Numeric() | TextRule():
            best = max(answer.fraction for answer in rule.answers)
            remedy = "give the best answer the fraction 1, or lower points"
            return Reach(_ZERO, rule.maximum() * best, "answers", remedy)
        case Keywords():
            points = [criterion.points for criterion in rule.criteria]
            remedy = "lower points, or give the criteria more"
            return Reach(_below(points), min(_above(points), rule.maximum()), "points", remedy)
        case MapResponse():
            return _mapped(rule)
        case MapResponsePoint():
            return _mapped_point(rule)
        case FeatureBands():
            return Reach(_below([band.points for band in rule.bands]), rule.maximum())
        case _:
            return None


def _above(points: Sequence[Fraction]) -> Fraction:
    """Return the sum of what adds."""
    return sum((each for each in points if each > 0), _ZERO)


def _below(points: Sequence[Fraction]) -> Fraction:
    """Return the sum of what subtracts."""
    return sum((each for each in points if each < 0), _ZERO)


def _mapped(rule: MapResponse) -> Reach:
    """Return what values bring together; unlisted ones bring the default as often as they come."""
    entries = rule.entry_worths()
    default = _ZERO if rule.default is None else rule.default
    blank = default if rule.blank is None else rule.blank
    of_blank = [entry.points for entry in rule.entries if entry.key == ""]
    blank = sum(of_blank, _ZERO) if of_blank else blank
    lowest: Fraction | None = min([*entries, default, blank])
    highest: Fraction | None = max([*entries, default, blank])
    if rule.cardinality != "single":
        # One value at least: with no entry that subtracts, the least is not nothing at all.
        lowest = None if default < 0 else (_below(entries) or lowest)
        highest = None if default > 0 else (_above(entries) or highest)
    lower, upper = rule.bounds()
    return Reach(_clamped(lowest, lower, upper, lower), _clamped(highest, lower, upper, upper))


def _mapped_point(rule: MapResponsePoint) -> Reach:
    """Return bounds of what points can hit: how areas overlap is not looked at twice."""
    free = rule.model_copy(update={"points": None, "upper_bound": None})
    areas = [area.points for area in rule.areas]
    default = _ZERO if rule.default is None else rule.default
    lower, upper = rule.bounds()
    lowest = _clamped(min(_below(areas), default), lower, upper, lower)
    highest = _clamped(free.maximum(), lower, upper, upper)
    return Reach(lowest, None if highest is None else min(highest, rule.maximum()))


def _clamped(
    points: Fraction | None,
    lower: Fraction | None,
    upper: Fraction | None,
    unlimited: Fraction | None,
) -> Fraction | None:
    """Return points within the bounds; where there is no limit, the bound of that side."""
    if points is None:
        return unlimited
    points = points if lower is None else max(points, lower)
    return points if upper is None else min(points, upper)
