"""Values: a response with the cardinality and base type that QTI wants to know of it.

The item's rule says both; where a rule says nothing of the form of its responses, the response
itself does. What was delivered is never bent to fit: if a value has not the form of the declared
base type, all of the variable is `string`; several values where the rule takes one are `ordered`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.qti_results.texts import is_held_exactly
from assessment_pipeline.core.responses import ResponseValue, value_texts
from assessment_pipeline.core.rules import ItemRule
from assessment_pipeline.core.rules.keywords import Keywords
from assessment_pipeline.core.rules.map_response import MapResponse
from assessment_pipeline.core.rules.map_response_point import MapResponsePoint
from assessment_pipeline.core.rules.match_correct import MatchCorrect
from assessment_pipeline.core.rules.multi_select import MultiSelect
from assessment_pipeline.core.rules.numeric import Numeric
from assessment_pipeline.core.rules.ordering import Ordering
from assessment_pipeline.core.rules.text import TextRule
from assessment_pipeline.core.rules.values import BaseType, Cardinality

QtiBaseType: TypeAlias = Literal[
    "boolean", "directedPair", "duration", "float", "identifier", "integer", "pair", "point",
    "string",
]  # fmt: skip

_OF_RULES: Final[Mapping[BaseType, QtiBaseType]] = {
    "identifier": "identifier",
    "string": "string",
    "integer": "integer",
    "decimal": "float",
    "boolean": "boolean",
    "pair": "pair",
    "directed_pair": "directedPair",
    "point": "point",
}
# NCNames of ASCII; one with other letters is a `string`, which is never wrong.
_NCNAME: Final = r"[A-Za-z_][A-Za-z0-9._\-]*"
_FORMS: Final[Mapping[QtiBaseType, re.Pattern[str]]] = {
    "boolean": re.compile("true|false|1|0"),
    "directedPair": re.compile(f"{_NCNAME} {_NCNAME}"),
    "float": re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"),
    "identifier": re.compile(_NCNAME),
    "integer": re.compile("[+-]?[0-9]+"),
    "pair": re.compile(f"{_NCNAME} {_NCNAME}"),
    "point": re.compile("-?[0-9]+ -?[0-9]+"),
}


@dataclass(frozen=True, slots=True)
class TypedResponse:
    """A response variable's values, in the order of the delivery, and how to read them."""

    cardinality: Cardinality
    base_type: QtiBaseType
    values: tuple[str, ...]
    """None if there is no response."""
    correct: tuple[str, ...]
    """A correct response, if the rule has one that can be written."""


def typed_response(value: ResponseValue, rule: ItemRule | None) -> TypedResponse:
    """Return a response as QTI types it, by the item's rule if it is known."""
    values = value_texts(value)
    cardinality, base_type = _declared(rule) or _observed(value)
    correct = _correct(rule)
    if not all(map(is_held_exactly, correct)):
        correct = ()
    if cardinality == "single" and len(values) > 1:
        cardinality = "ordered"
    form = _FORMS.get(base_type)
    if form is not None and not all(map(form.fullmatch, (*values, *correct))):
        base_type = "string"
    return TypedResponse(cardinality, base_type, values, correct)


def _declared(rule: ItemRule | None) -> tuple[Cardinality, QtiBaseType] | None:
    match rule:
        case MatchCorrect() | MapResponse():
            return rule.cardinality, _OF_RULES[rule.base_type]
        case MapResponsePoint():
            return rule.cardinality, "point"
        case MultiSelect():
            return "multiple", "identifier"
        case Ordering():
            return "ordered", "identifier"
        case Numeric():
            return "single", "float"
        case TextRule() | Keywords():
            return "single", "string"
        case _:
            return None


def _observed(value: ResponseValue) -> tuple[Cardinality, QtiBaseType]:
    match value:
        case bool():
            return "single", "boolean"
        case int():
            return "single", "integer"
        case float():
            return "single", "float"
        case tuple():
            return "ordered", "string"
        case _:
            return "single", "string"


def _correct(rule: ItemRule | None) -> tuple[str, ...]:
    """Return a response that has full credit, where a rule names one."""
    match rule:
        case MatchCorrect() | MultiSelect() | Ordering():
            return rule.correct
        case Numeric():
            numbers = (exact_text(each.value) for each in rule.answers if each.fraction == 1)
            return tuple(number for number in numbers if "/" not in number)[:1]
        case TextRule():
            is_plain = (each for each in rule.answers if each.match == "exact")
            return tuple(each.text for each in is_plain if each.fraction == 1)[:1]
        case _:
            return ()
