"""Fields: how a rubric writes texts, ids and exact numbers.

Holds the pydantic types that rules and rubrics share, each with a refusal in plain words. The
dialect types whole numbers and booleans, so where text is meant their text is taken.
"""

import re
from fractions import Fraction
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from assessment_pipeline.core.points import exact_text, parse_exact
from assessment_pipeline.core.responses import parse_number

ID_PATTERN: Final = r"[A-Za-z0-9_][A-Za-z0-9._:@+=~-]{0,254}"
_MAX_NUMBER_LENGTH = 64
_ID = re.compile(ID_PATTERN)


class RubricModel(BaseModel):
    """A part of a rubric: frozen, strict, nothing unknown."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


def refusal(message: str, remedy: str) -> PydanticCustomError:
    """Return the error with which a validator refuses a value: what is wrong, and what to do."""
    # The texts are given as context, so that a brace in them is never a placeholder.
    return PydanticCustomError("rubric", "{message}", {"message": message, "remedy": remedy})


def _text(value: Any) -> str:  # noqa: ANN401  any JSON value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return value
    raise refusal("this must be a text", "write a single text, in quotes if in doubt")


def _id(value: Any) -> str:  # noqa: ANN401
    text = value if isinstance(value, str) else _text(value)
    if isinstance(value, bool) or not _ID.fullmatch(text):
        raise refusal(
            "this is no id",
            "use 1 to 255 of A-Z a-z 0-9 . _ : - @ + = ~, the first a letter, a digit or _",
        )
    return text


def _wording(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, bool):
        raise refusal("this must be a text", "put it in quotes")
    return _text(value)


def _points(value: Any) -> Fraction:  # noqa: ANN401
    if isinstance(value, str) and len(value) > _MAX_NUMBER_LENGTH:
        raise refusal("this number is too long", "use at most 64 characters")
    try:
        return parse_exact(value)
    except ValueError:
        raise refusal(
            "this is no exact number",
            "write an integer, a plain decimal such as 0.5, or a fraction such as 1/3",
        ) from None


def _points_from_zero(value: Any) -> Fraction:  # noqa: ANN401
    points = _points(value)
    if points < 0:
        raise refusal("this must not be negative", "write 0 or more")
    return points


def _part(value: Any) -> Fraction:  # noqa: ANN401
    part = _points(value)
    if not 0 <= part <= 1:
        raise refusal("a fraction lies between 0 and 1", "write a part of the points, such as 1/2")
    return part


def _number(value: Any) -> Fraction:  # noqa: ANN401
    number = parse_number(value) if isinstance(value, str) else None
    return _points(value) if number is None else number


def _number_from_zero(value: Any) -> Fraction:  # noqa: ANN401
    number = _number(value)
    if number < 0:
        raise refusal("this must not be negative", "write 0 or more")
    return number


def _feature_number(value: Any) -> Fraction:  # noqa: ANN401
    return Fraction(value) if isinstance(value, bool) else _number(value)


_EXACT_SCHEMA = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
_TEXT_SCHEMA = {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]}

Text = Annotated[str, PlainValidator(_text), WithJsonSchema(_TEXT_SCHEMA)]
"""A text to compare with; `1` and `true` stand for their text."""
Wording = Annotated[str, PlainValidator(_wording), WithJsonSchema(_EXACT_SCHEMA)]
"""A text for people: titles, reasons."""
Id = Annotated[str, PlainValidator(_id), WithJsonSchema(_EXACT_SCHEMA)]
"""An id or a version."""
Exact = Annotated[
    Fraction, PlainValidator(_points), PlainSerializer(exact_text), WithJsonSchema(_EXACT_SCHEMA)
]
"""An exact number, of either sign."""
Points = Annotated[
    Fraction,
    PlainValidator(_points_from_zero),
    PlainSerializer(exact_text),
    WithJsonSchema(_EXACT_SCHEMA),
]
"""An exact number from 0."""
Part = Annotated[
    Fraction, PlainValidator(_part), PlainSerializer(exact_text), WithJsonSchema(_EXACT_SCHEMA)
]
"""A part of the points, from 0 to 1."""
Number = Annotated[
    Fraction, PlainValidator(_number), PlainSerializer(exact_text), WithJsonSchema(_EXACT_SCHEMA)
]
"""A number that responses are compared with: exact, an exponent allowed."""
NumberFromZero = Annotated[
    Fraction,
    PlainValidator(_number_from_zero),
    PlainSerializer(exact_text),
    WithJsonSchema(_EXACT_SCHEMA),
]
"""Such a number from 0."""
FeatureNumber = Annotated[
    Fraction,
    PlainValidator(_feature_number),
    PlainSerializer(exact_text),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "boolean"}]}),
]
"""The value of a feature: a number, or true as 1 and false as 0."""
Count = Annotated[int, Field(ge=0, le=1_000)]
"""A small whole number from 0."""
