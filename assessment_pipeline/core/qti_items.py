"""QTI items: an item that uses standard response processing, as an item of a rubric.

Pure. Carried over are base type, cardinality, correct response, mapping and area mapping, so that
the rule gives exactly what the item's template gives (`qti_templates`), for every response. An item
of which that cannot be said is refused with every reason there is; nothing is approximated.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, NamedTuple, TypeAlias

from pydantic import ValidationError

from assessment_pipeline.core.fitting_ids import item_id_for
from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.qti_elements import QtiElement
from assessment_pipeline.core.qti_maps import MapReader, points_json
from assessment_pipeline.core.qti_refusals import Reasons, refuse_unknown
from assessment_pipeline.core.qti_templates import Template, template_at
from assessment_pipeline.core.responses import parse_number
from assessment_pipeline.core.rubrics.problems import problems_of
from assessment_pipeline.core.rules import parse_item
from assessment_pipeline.core.rules.values import BaseType, base_value

__all__ = ["CaseReading", "QtiItem", "read_qti_item"]

CaseReading: TypeAlias = Literal["sensitive", "ignored"]

_RESPONSE: Final = "RESPONSE"
_SCORE: Final = "SCORE"
_MAXSCORE: Final = "MAXSCORE"
_XINCLUDE: Final = "{http://www.w3.org/2001/XInclude}"
_TRUE: Final = ("true", "1")
_CARDINALITIES: Final = ("single", "multiple", "ordered")
_BASE_TYPES: Final[Mapping[str, BaseType]] = {
    "identifier": "identifier",
    "string": "string",
    "integer": "integer",
    "float": "decimal",
    "boolean": "boolean",
    "pair": "pair",
    "directedPair": "directed_pair",
    "point": "point",
}
_TEMPLATED: Final = ("templateDeclaration", "templateProcessing")


@dataclass(frozen=True, slots=True)
class QtiItem:
    """An item of a rubric, and the QTI item that it comes from."""

    item_id: str
    identifier: str
    title: str
    rule: dict[str, Json]
    """The item of the rubric, as JSON."""


class _Kind(NamedTuple):
    """What a response holds."""

    cardinality: str
    base_type: BaseType


def read_qti_item(root: QtiElement, unsaid_case: CaseReading | None) -> QtiItem | tuple[str, ...]:
    """Return a QTI item as an item of a rubric; every reason why not if it cannot be one.

    Args:
        root: the assessmentItem.
        unsaid_case: how a text of a mapping is meant that says nothing of capitals.
    """
    reasons: Reasons = []
    identifier = root.attributes.get("identifier", "").strip()
    if not identifier:
        reasons.append("it has no identifier")
    _refuse_changing(root, reasons)
    template = _template(root, reasons)
    declaration = _response_declaration(root, reasons)
    kind = None if declaration is None else _kind(declaration, reasons)
    maxima = _declared_maxima(root, template, reasons)
    if declaration is None or template is None or kind is None or reasons:
        return tuple(reasons)
    rule = _rule(declaration, template, kind, unsaid_case, reasons)
    if template.gives_maxscore and maxima[_MAXSCORE] != 1:
        rule["points"] = points_json(maxima[_MAXSCORE])
    if not reasons:
        _refuse_what_does_not_load(rule, maxima, reasons)
    if reasons:
        return tuple(reasons)
    return QtiItem(item_id_for(identifier), identifier, root.attributes.get("title", ""), rule)


def _refuse_changing(root: QtiElement, reasons: Reasons) -> None:
    if root.attributes.get("adaptive", "false").strip() in _TRUE:
        reasons.append("it is adaptive: its score builds up over several attempts")
    if any(root.first(name) is not None for name in _TEMPLATED):
        reasons.append("it is a template: its correct response differs from candidate to candidate")
    if any(child.name.startswith(_XINCLUDE) for child in root.children):
        reasons.append("it includes other files (XInclude), which are not read")


def _template(root: QtiElement, reasons: Reasons) -> Template | None:
    processing = root.first("responseProcessing")
    if processing is None:
        reasons.append("it has no response processing, so nothing says how it is scored")
        return None
    if processing.children:
        reasons.append("its response processing is its own, not one of the standard templates")
        return None
    address = processing.attributes.get("template", "")
    template = template_at(address)
    if template is None:
        named = f"the template {address}" if address else "no template"
        reasons.append(
            f"its response processing names {named}; carried over are match_correct, map_response "
            "and map_response_point at their standard addresses"
        )
    return template


def _response_declaration(root: QtiElement, reasons: Reasons) -> QtiElement | None:
    declarations = list(root.all("responseDeclaration"))
    if len(declarations) != 1:
        names = ", ".join(each.attributes.get("identifier", "?") for each in declarations)
        reasons.append(
            f"it has several response variables ({names}), and an item of a rubric has one response"
            if declarations
            else "it has no response variable"
        )
        return None
    (declaration,) = declarations
    identifier = declaration.attributes.get("identifier")
    if identifier != _RESPONSE:
        reasons.append(f"its response variable is {identifier}; the templates score RESPONSE")
    if declaration.first("defaultValue") is not None:
        reasons.append("its response has a default value, which stands where nothing is answered")
    return declaration


def _kind(declaration: QtiElement, reasons: Reasons) -> _Kind | None:
    cardinality = declaration.attributes.get("cardinality", "")
    if cardinality not in _CARDINALITIES:
        reasons.append(
            f"its response has cardinality {cardinality or '?'}, not one of "
            f"{', '.join(_CARDINALITIES)}"
        )
    given_type = declaration.attributes.get("baseType", "")
    base_type = _BASE_TYPES.get(given_type)
    if base_type is None:
        reasons.append(f"its response has base type {given_type or '?'}, which no rule compares")
        return None
    return _Kind(cardinality, base_type)


def _rule(
    declaration: QtiElement,
    template: Template,
    kind: _Kind,
    unsaid_case: CaseReading | None,
    reasons: Reasons,
) -> dict[str, Json]:
    rule: dict[str, Json] = {"rule": template.rule}
    if kind.cardinality != "single":
        rule["cardinality"] = kind.cardinality
    if kind.base_type != "identifier" and template.rule != "map_response_point":
        rule["base_type"] = kind.base_type
    if template.rule == "match_correct":
        return {**rule, "correct": _correct(declaration, kind, reasons)}
    maps = MapReader(declaration, kind.base_type, unsaid_case, reasons)
    return rule | (maps.points() if template.rule == "map_response_point" else maps.values())


def _correct(declaration: QtiElement, kind: _Kind, reasons: Reasons) -> Json:
    cardinality, base_type = kind
    correct = declaration.first("correctResponse")
    values = [] if correct is None else list(correct.all("value"))
    if correct is None or not values:
        reasons.append("it has no correct response")
        return None
    if cardinality == "single" and len(values) > 1:
        reasons.append("it has several correct values for a single response")
    texts: list[Json] = []
    for value in values:
        text = value.text if base_type == "string" else " ".join(value.text.split())
        refuse_unknown(value, (), reasons)
        if text != text.strip():
            reasons.append("a correct text has white space at its ends, which engines read apart")
        elif not text:
            reasons.append("a correct value is empty, which no response matches")
        elif base_value(text, base_type) is None:
            reasons.append(f"the correct value {text} is no {base_type}")
        texts.append(text)
    return texts[0] if cardinality == "single" else texts


def _declared_maxima(
    root: QtiElement, template: Template | None, reasons: Reasons
) -> dict[str, Fraction]:
    """Return what the outcomes say full credit is worth, by the name of what says it."""
    outcomes = {
        each.attributes.get("identifier", ""): each for each in root.all("outcomeDeclaration")
    }
    maxima: dict[str, Fraction] = {}
    score, maxscore = outcomes.get(_SCORE), outcomes.get(_MAXSCORE)
    if score is None:
        reasons.append("it declares no outcome SCORE")
    else:
        _refuse_score(score, template, reasons)
        if "normalMaximum" in score.attributes:
            _add_number(maxima, "normalMaximum", score.attributes["normalMaximum"], reasons)
    default = None if maxscore is None else maxscore.first("defaultValue")
    values = () if default is None else tuple(default.all("value"))
    if values:
        _add_number(maxima, _MAXSCORE, values[0].text, reasons)
    elif template is not None and template.gives_maxscore:
        reasons.append("its template gives MAXSCORE, which has no value")
    return maxima


def _refuse_score(score: QtiElement, template: Template | None, reasons: Reasons) -> None:
    is_whole = template is not None and template.rule == "match_correct"
    kinds = ("float", "integer") if is_whole else ("float",)
    is_single = score.attributes.get("cardinality") == "single"
    if not is_single or score.attributes.get("baseType") not in kinds:
        reasons.append("its outcome SCORE is no single float")
    if score.attributes.get("externalScored", "none") != "none":
        reasons.append("it is scored outside (externalScored)")
    default = score.first("defaultValue")
    texts = () if default is None else tuple(value.text for value in default.all("value"))
    if template is None or not template.gives_maxscore:
        return
    if any(parse_number(text) != 0 for text in texts):
        reasons.append("its SCORE begins at another value than 0, and no match leaves it there")


def _add_number(numbers: dict[str, Fraction], name: str, text: str, reasons: Reasons) -> None:
    number = parse_number(text)
    if number is None or number < 0:
        reasons.append(f"its {name} is no number from 0")
    else:
        numbers[name] = number


def _refuse_what_does_not_load(
    rule: dict[str, Json], maxima: Mapping[str, Fraction], reasons: Reasons
) -> None:
    try:
        item = parse_item(rule)
    except ValidationError as error:
        reasons += _told(problems_of(error, ""))
        return
    reasons += _told(item.problems())
    for name, declared in maxima.items():
        if not reasons and declared != item.maximum():
            reasons.append(
                f"its {name} is {exact_text(declared)}, and its response processing gives at most "
                f"{exact_text(item.maximum())}"
            )


def _told(problems: Iterable[object]) -> Iterable[str]:
    return (getattr(problem, "message", "") for problem in problems)
