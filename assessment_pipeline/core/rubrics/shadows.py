"""Shadows: the parts of a rule that no response can ever come to.

Holds answers that an earlier one always takes, entries that another one covers, and settings that
nothing reads. Each is a warning of `cautions`; the rule gives the same points without them.
"""

from collections.abc import Hashable, Iterator
from fractions import Fraction
from typing import Final

from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import ItemResponse, is_blank
from assessment_pipeline.core.rules import Finding, ItemRule
from assessment_pipeline.core.rules.base import quoted
from assessment_pipeline.core.rules.keywords import Keywords
from assessment_pipeline.core.rules.map_response import MapResponse
from assessment_pipeline.core.rules.normalisation import Steps, normalise
from assessment_pipeline.core.rules.numeric import Numeric, NumericAnswer
from assessment_pipeline.core.rules.text import TextAnswer, TextRule
from assessment_pipeline.core.rules.values import base_value

_EVERYTHING: Final = "*"
# With these, something of a response can become nothing.
_EMPTYING: Final[Steps] = frozenset({"strip_accents", "strip_punctuation"})
_REMOVE_OR_MOVE: Final = "remove it, or put it before that one"


def shadows(rule: ItemRule) -> Iterator[Finding]:
    """Yield the parts of a rule that are never reached."""
    match rule:
        case Numeric():
            yield from _numbers(rule)
        case TextRule():
            yield from _texts(rule)
        case MapResponse():
            yield from _entries(rule)
        case Keywords():
            yield from _criteria(rule)
        case _:
            pass


def _numbers(rule: Numeric) -> Iterator[Finding]:
    for index, answer in enumerate(rule.answers):
        for place, earlier in enumerate(rule.answers[:index]):
            if _covers(earlier, answer):
                yield Finding(
                    ("answers", index),
                    f"answer {place + 1} takes every number that this one accepts",
                    _REMOVE_OR_MOVE,
                )
                break


def _covers(earlier: NumericAnswer, later: NumericAnswer) -> bool:
    """Tell whether an answer accepts all numbers that another one accepts."""
    interval = later.tolerance.interval(later.value)
    if interval is not None:
        # What an answer accepts has no gaps, so its ends decide.
        return all(earlier.tolerance.accepts(end, earlier.value) for end in interval)
    return earlier.tolerance == later.tolerance and (
        earlier.tolerance.rounds_to(earlier.value) == later.tolerance.rounds_to(later.value)
    )


def _texts(rule: TextRule) -> Iterator[Finding]:
    steps = frozenset(rule.normalise)
    for index, answer in enumerate(rule.answers):
        if answer.match == "exact":
            if is_blank(answer.text) and steps.isdisjoint(_EMPTYING):
                yield Finding(
                    ("answers", index, "text"),
                    "a text without a character is no response, which is never compared",
                    "remove it, or use map_response with an entry for it",
                )
                continue
            taken = rule.award(ItemResponse("", answer.text, "answered")).trace.get("answer")
            place = taken if isinstance(taken, int) and taken < index else None
        else:
            earlier = enumerate(rule.answers[:index])
            place = next((at for at, other in earlier if _takes_all(other, answer)), None)
        if place is not None:
            yield Finding(
                ("answers", index),
                f"answer {place + 1} takes every text that this one accepts",
                _REMOVE_OR_MOVE,
            )


def _takes_all(earlier: TextAnswer, later: TextAnswer) -> bool:
    if earlier.match == "wildcard" and earlier.text == _EVERYTHING:
        return True
    if earlier.match != later.match or earlier.text != later.text:
        return False
    return (earlier.max_edits or 0) >= (later.max_edits or 0)


def _entries(rule: MapResponse) -> Iterator[Finding]:
    sensitive = {
        base_value(entry.key, rule.base_type): index
        for index, entry in enumerate(rule.entries)
        if entry.case_sensitive
    }
    seen: dict[tuple[bool, Hashable], int] = {}
    for index, entry in enumerate(rule.entries):
        text = entry.key if entry.case_sensitive else entry.key.casefold()
        key = entry.case_sensitive, base_value(text, rule.base_type)
        if seen.setdefault(key, index) != index:
            yield Finding(
                ("entries", index),
                f"the same value as entry {seen[key] + 1}, and their points add up",
                "keep one entry for each value",
            )
        has_one_case = entry.key.casefold() == entry.key == entry.key.upper()
        place = sensitive.get(base_value(entry.key, rule.base_type))
        if not entry.case_sensitive and has_one_case and place is not None:
            yield Finding(
                ("entries", index),
                f"entry {place + 1} is the same value and goes before this one",
                "keep one of them",
            )
        if entry.key == "" and rule.blank is not None:
            yield Finding(
                ("blank",),
                f"entry {index + 1} says what no response is worth, so blank is never read",
                "keep one of them",
            )


def _criteria(rule: Keywords) -> Iterator[Finding]:
    """Yield criteria that without points are cut to 1, and terms of a criterion said twice."""
    steps = frozenset(rule.normalise)
    together = sum((max(criterion.points, Fraction(0)) for criterion in rule.criteria), Fraction(0))
    if rule.points is None and together > rule.maximum():
        yield Finding(
            ("points",),
            f"the criteria come to {exact_text(together)}, and without points the item is worth "
            f"{exact_text(rule.maximum())}",
            "give points",
        )
    for index, criterion in enumerate(rule.criteria):
        seen: set[str] = set()
        for place, term in enumerate(criterion.any_of):
            normalised = normalise(term, steps)
            if normalised in seen:
                yield Finding(
                    ("criteria", index, "any_of", place),
                    f"{quoted(term)} is named already",
                    "name it once",
                )
            seen.add(normalised)
