"""Responses as the rules see them: one value, its state, and the numbers and texts it stands for.

Holds the readings that every rule shares, so that two rules can never read one response in two
ways. Capturing a delivery is `snapshots`; judging a response is `rules`.

A list of one value stands for that value where one is wanted; a single value stands for a list of
one where several are wanted. null, `""`, white space and `[]` as a whole value are no response;
`""` inside a list is a value. A JSON number stands for its shortest plain decimal text.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Literal, TypeAlias

import msgspec

from assessment_pipeline.core.hashing import Json, canonical_json

ResponseState: TypeAlias = Literal[
    "answered", "omitted", "not_reached", "not_presented", "invalid", "absent"
]
ResponseValue: TypeAlias = "bool | int | float | str | tuple[str, ...] | None"

_NUMBER = re.compile(r"([+\-\u2212]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]([+\-\u2212]?[0-9]+))?")
_MAX_NUMBER_LENGTH = 1_000
_MAX_EXPONENT = 400
_MINUS = "-\u2212"
_NUMBER_BEGINS = frozenset("+.0123456789" + _MINUS)


class FeatureRow(msgspec.Struct, frozen=True):
    """The features of one response that its rule reads: exact, true as 1 and false as 0."""

    values: Mapping[str, Fraction | None]
    reasons: Mapping[str, str]
    """Why a value is None."""


class ItemResponse(msgspec.Struct, frozen=True):
    """What one candidate gave for one item, ready to be judged."""

    item_id: str
    value: ResponseValue
    state: ResponseState
    features: FeatureRow | None = None
    """None if they were not extracted."""
    ratings: tuple[Mapping[str, Json], ...] = ()
    """As delivered: rater_id, criterion_id, level_id, kind, and perhaps rated_at."""


def is_blank(value: ResponseValue) -> bool:
    """Tell whether a whole value is no response: null, `""`, white space or `[]`."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, Sequence) and not value)


def effective_state(value: ResponseValue, delivered_state: ResponseState | None) -> ResponseState:
    """Return the state that counts: the delivered one if there is one, else that of the value."""
    if delivered_state is not None:
        return delivered_state
    return "omitted" if is_blank(value) else "answered"


def number_text(number: float) -> str:
    """Write a JSON number as its shortest plain decimal text.

    >>> number_text(3.10), number_text(2.0), number_text(1e-7), number_text(10**20)
    ('3.1', '2', '0.0000001', '100000000000000000000')
    """
    if isinstance(number, int):
        return str(number)
    if not isfinite(number):
        return repr(number)
    text = format(Decimal(repr(number)), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def value_texts(value: ResponseValue) -> tuple[str, ...]:
    """Return every value of a response as text; none if there is no response.

    >>> value_texts(True), value_texts(0.5), value_texts(("A", "")), value_texts(" ")
    (('true',), ('0.5',), ('A', ''), ())
    """
    if is_blank(value):
        return ()
    if isinstance(value, list | tuple):
        return tuple(_text(each) for each in value)
    return (_text(value),)


def value_text(value: ResponseValue) -> str | None:
    """Return the one text of a response; None if there is no response or several values."""
    texts = value_texts(value)
    return texts[0] if len(texts) == 1 else None


def parse_number(text: str) -> Fraction | None:
    """Read a whole text as a number, or not at all.

    Surrounding white space aside: an optional sign (`+`, `-` or U+2212), ASCII digits with an
    optional decimal point, an optional exponent of at most 400 either way; at most 1,000
    characters.

    >>> parse_number(" 1.5e3 "), parse_number("12 euro"), parse_number("3,14")
    (Fraction(1500, 1), None, None)
    """
    stripped = text.strip()
    # Most texts begin as no number does.
    if stripped[:1] not in _NUMBER_BEGINS or len(stripped) > _MAX_NUMBER_LENGTH:
        return None
    match = _NUMBER.fullmatch(stripped)
    if match is None:
        return None
    sign, digits, exponent_text = match.groups()
    exponent = _exponent(exponent_text) if exponent_text else 0
    if exponent is None:
        return None
    whole, _, decimals = digits.partition(".")
    power = exponent - len(decimals)
    magnitude = int(whole + decimals) * Fraction(10) ** power
    return -magnitude if sign and sign in _MINUS else magnitude


def _exponent(text: str) -> int | None:
    magnitude = int(text.lstrip("+" + _MINUS))
    if magnitude > _MAX_EXPONENT:
        return None
    return -magnitude if text[0] in _MINUS else magnitude


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    # Nothing that a delivery can hold; a rule must still be able to look at it.
    return canonical_json(value).decode()
