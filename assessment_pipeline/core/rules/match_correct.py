"""match_correct: the response is the correct one, or it is not.

QTI 2.1 response processing template `match_correct`: full points or none. `multiple` compares
as multisets, `ordered` as sequences. No response never matches. Several values for a single
item are an invalid response.
"""

from collections import Counter
from collections.abc import Hashable, Iterator
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from assessment_pipeline.core.responses import ItemResponse, value_texts
from assessment_pipeline.core.rules.base import (
    Award,
    Finding,
    ItemRule,
    listed,
    no_response,
    of_points,
    quoted,
    several_values,
)
from assessment_pipeline.core.rules.fields import RubricModel, refusal
from assessment_pipeline.core.rules.values import BaseType, Cardinality, base_value, value_name


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401  any JSON value
    values = value if isinstance(value, list | tuple) else [value]
    texts = []
    for each in values:
        if isinstance(each, bool):
            texts.append("true" if each else "false")
        elif isinstance(each, str | int):
            texts.append(str(each))
        else:
            raise refusal("a correct value must be a text", "write a text, or a list of texts")
    return tuple(texts)


CorrectTexts = Annotated[
    tuple[str, ...],
    PlainValidator(_texts),
    WithJsonSchema(
        {
            "type": ["string", "integer", "boolean", "array"],
            "items": {"type": ["string", "integer", "boolean"]},
        }
    ),
]


class GuessingPenalty(RubricModel):
    """What a wrong answer costs, by the number of options to choose from."""

    choices: Annotated[int, Field(ge=2, le=1_000)]

    @property
    def part(self) -> Fraction:
        """The part of the points that a wrong answer costs."""
        return Fraction(1, self.choices - 1)


class MatchCorrect(ItemRule):
    """Points for the correct response, nothing for any other."""

    rule: Literal["match_correct"]
    correct: CorrectTexts
    cardinality: Cardinality = "single"
    base_type: BaseType = Field(default="identifier")
    guessing_penalty: GuessingPenalty | None = None

    def with_guessing_penalty(self, penalty: GuessingPenalty) -> "MatchCorrect":
        """Return this item under formula scoring: as it is if it says so itself or is no choice."""
        is_choice = self.cardinality == "single" and self.base_type == "identifier"
        if self.guessing_penalty is not None or not is_choice:
            return self
        return self.model_copy(update={"guessing_penalty": penalty})

    @property
    def _wrong_points(self) -> Fraction:
        if self.guessing_penalty is None:
            return Fraction(0)
        return -self.maximum() * self.guessing_penalty.part

    def bounds(self) -> tuple[Fraction | None, Fraction | None]:
        """Return what a wrong answer costs as the lower bound."""
        return self._wrong_points, None

    @cached_property
    def _correct_values(self) -> tuple[Hashable | None, ...]:
        return tuple(base_value(text, self.base_type) for text in self.correct)

    def option_of(self, text: str) -> str:
        """Return the correct value that a text is, as the rubric writes it; else its own name."""
        value = base_value(text, self.base_type)
        if value is not None and value in self._correct_values:
            return self.correct[self._correct_values.index(value)]
        return value_name(text, self.base_type)

    def problems(self) -> Iterator[Finding]:
        """Yield a key that no response can match."""
        if not self.correct:
            yield Finding(("correct",), "the list of correct values is empty", "name at least one")
        if self.cardinality == "single" and len(self.correct) > 1:
            yield Finding(
                ("correct",),
                "several correct values for an item that takes one",
                "set cardinality to multiple or ordered, or use map_response for alternatives",
            )
        for text, value in zip(self.correct, self._correct_values, strict=True):
            if value is None:
                yield Finding(
                    ("correct",),
                    f"{quoted(text)} is no value of base type {self.base_type}",
                    "correct the key or the base_type",
                )

    def _judge(self, response: ItemResponse) -> Award:
        texts = value_texts(response.value)
        if not texts:
            return no_response()
        if self.cardinality == "single" and len(texts) > 1:
            return several_values(len(texts))
        given = tuple(base_value(text, self.base_type) for text in texts)
        if self.cardinality == "multiple":
            is_match = Counter(given) == Counter(self._correct_values)
        else:
            is_match = given == self._correct_values
        is_match = is_match and None not in given
        points = self.maximum() if is_match else self._wrong_points
        return Award(
            points, self._explanation(texts, points, is_match=is_match), {"matched": is_match}
        )

    def _explanation(self, texts: tuple[str, ...], points: Fraction, *, is_match: bool) -> str:
        given, correct = listed(texts), listed(self.correct)
        order = " in this order" if self.cardinality == "ordered" else ""
        verdict = "is correct" if is_match else f"is not the correct answer {correct}{order}"
        penalty = "" if is_match or not points else " (a wrong answer costs points)"
        return f"{given} {verdict}: {of_points(points, self.maximum())}{penalty}."
