"""Wording: parts of a rubric as a person reads them, for the sentences of `differences`.

Holds no judgement of what a difference means.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from assessment_pipeline.core.instants import Instant
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.rules import ItemRule
from assessment_pipeline.core.rules.base import quoted
from assessment_pipeline.core.rules.fields import RubricModel

NOT_GIVEN: Final = "not given"
_SHOWN_CHARACTERS: Final = 60
_SHOWN_VALUES: Final = 8

_NAMES: Final[Mapping[str, str]] = {
    "base_type": "the base type",
    "answers": "answer",
    "any_of": "the list of terms",
    "areas": "area",
    "bands": "band",
    "blank": "what no response is worth",
    "cardinality": "the cardinality",
    "correct": "the key",
    "count": "how many parts must be right",
    "criteria": "criterion",
    "default": "what any other value is worth",
    "dimension": "its own dimension",
    "entries": "the entry",
    "fraction": "the part of the points",
    "guessing_penalty": "what a wrong answer costs",
    "late": "late work",
    "levels": "level",
    "max_edits": "the number of edits allowed",
    "method": "the method",
    "minimum_ratings": "the number of ratings needed",
    "missing": "missing responses",
    "missing_for_analysis": "missing responses in statistics",
    "normalise": "what normalising ignores",
    "options": "the list of options",
    "parts": "part",
    "points": "what it is worth",
    "resolve": "resolving ratings",
    "text": "the text",
    "tolerance": "the tolerance",
    "terms": "term",
    "value": "the number",
    "weight": "the weight",
    "who": "who gets the points",
}


def named(field: str) -> str:
    """Return a field's name in words."""
    return _NAMES.get(field) or field.replace("_", " ")


def shown(value: object) -> str:
    """Return a value as it would be written, shortened.

    >>> shown(Fraction(1, 2)), shown(("A", "C")), shown(None), shown("two words")
    ('0.5', '[A, C]', 'not given', '“two words”')
    """
    match value:
        case bool():
            return "true" if value else "false"
        case Fraction():
            return exact_text(value)
        case Instant():
            return _time(value)
        case tuple():
            more = [f"{len(value) - _SHOWN_VALUES} more"] if len(value) > _SHOWN_VALUES else []
            return f"[{', '.join([*map(shown, value[:_SHOWN_VALUES]), *more])}]"
        case RubricModel():
            return item(value) if isinstance(value, ItemRule) else _mapping(value)
        case str():
            is_word = value and value.isprintable() and " " not in value
            return value if is_word and len(value) <= _SHOWN_CHARACTERS else quoted(value)
        case _:
            return NOT_GIVEN if value is None else str(value)


def _mapping(model: RubricModel) -> str:
    """Write what a part of a rubric says, without what is as it would be unsaid."""
    said = [
        f"{name}: {shown(getattr(model, name))}"
        for name, field in type(model).model_fields.items()
        if getattr(model, name) != field.get_default(call_default_factory=True)
    ]
    return f"{{{', '.join(said)}}}"


def _time(instant: Instant) -> str:
    second = 60 if instant.is_leap else instant.second.second
    digits = f".{instant.fraction_digits}" if instant.fraction_digits else ""
    return f"{instant.second:%Y-%m-%dT%H:%M}:{second:02d}{digits}Z"


def item(rule: ItemRule) -> str:
    """Return in a few words how an item is scored."""
    maximum, weight = rule.maximum(), rule.weight
    times = "" if weight == 1 else f" times {exact_text(weight)}"
    return f"{rule.rule}, {exact_text(maximum)} point{'' if maximum == 1 else 's'}{times}"
