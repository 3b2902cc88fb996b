"""numeric: a number, near enough to an accepted one.

The first answer that matches, in order, gives its fraction of the points. The tolerances:

- exact: the same number
- absolute, relative: from answer - lower to answer + upper, ends included, relative ones of
  abs(answer) (QTI `equal`, Moodle nominal and relative); `value` stands for both
- geometric: from answer/(1+lower) to answer*(1+upper), mirrored for negative answers (Moodle)
- significant_figures, decimal_places: both rounded, half away from zero, are the same number
  (QTI `equalRounded` as qti-sdk computes it)

Text is read whole (surrounding white space aside) or not at all: what is no number is an invalid
response, as are several values and true or false. No response is worth nothing.
"""

from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from assessment_pipeline.core.points import exact_text, rounded
from assessment_pipeline.core.responses import ItemResponse, parse_number, value_texts
from assessment_pipeline.core.rules.base import (
    Award,
    ItemRule,
    invalid,
    no_response,
    of_points,
    quoted,
    several_values,
)
from assessment_pipeline.core.rules.fields import (
    Number,
    NumberFromZero,
    Part,
    RubricModel,
    refusal,
)

ToleranceMode: TypeAlias = Literal[
    "exact", "absolute", "relative", "geometric", "significant_figures", "decimal_places"
]
_ROUNDING_MODES = ("significant_figures", "decimal_places")
_EXPLAINED_ANSWERS = 3


class Tolerance(RubricModel):
    """How near is near enough."""

    mode: ToleranceMode = "exact"
    value: NumberFromZero | None = None
    lower: NumberFromZero | None = None
    upper: NumberFromZero | None = None
    figures: Annotated[int, Field(ge=0, le=100)] | None = None

    @model_validator(mode="after")
    def _carries_what_its_mode_needs(self) -> Self:
        given = {
            name
            for name in ("value", "lower", "upper", "figures")
            if getattr(self, name) is not None
        }
        allowed: tuple[set[str], ...]
        if self.mode == "exact":
            allowed, remedy = (set(),), "leave out value, lower, upper and figures"
        elif self.mode in _ROUNDING_MODES:
            allowed, remedy = ({"figures"},), "give figures, a whole number, and nothing else"
        else:
            allowed = ({"value"}, {"lower", "upper"})
            remedy = "give value, or both lower and upper"
        if given not in allowed:
            message = f"a tolerance of mode {self.mode} does not have these parameters"
            raise refusal(message, remedy)
        if self.mode == "significant_figures" and self.figures == 0:
            message = "there is no number with 0 significant figures"
            raise refusal(message, "give figures of at least 1")
        return self

    @cached_property
    def _distances(self) -> tuple[Fraction, Fraction]:
        value = Fraction(0) if self.value is None else self.value
        return (
            value if self.lower is None else self.lower,
            value if self.upper is None else self.upper,
        )

    def interval(self, answer: Fraction) -> tuple[Fraction, Fraction] | None:
        """Return the numbers accepted for an answer, ends included; None where it is rounded."""
        below, above = self._distances
        match self.mode:
            case "exact":
                return answer, answer
            case "absolute":
                return answer - below, answer + above
            case "relative":
                return answer - below * abs(answer), answer + above * abs(answer)
            case "geometric" if answer < 0:
                return answer * (1 + above), answer / (1 + below)
            case "geometric":
                return answer / (1 + below), answer * (1 + above)
            case _:
                return None

    def rounds_to(self, number: Fraction) -> Fraction:
        """Return a number as the rounding modes compare it."""
        figures = self.figures or 0
        if self.mode == "decimal_places":
            return rounded(number, "half_away", figures)
        if number == 0:
            return number
        unit = Fraction(10) ** (_leading_power(abs(number)) - figures + 1)
        return rounded(number / unit, "half_away", 0) * unit

    def accepts(self, number: Fraction, answer: Fraction) -> bool:
        """Tell whether a number is near enough to an answer."""
        interval = self.interval(answer)
        if interval is None:
            return self.rounds_to(number) == self.rounds_to(answer)
        return interval[0] <= number <= interval[1]

    def described(self, answer: Fraction) -> str:
        """Return an answer with its tolerance, for an explanation."""
        shown = exact_text(answer)
        if self.mode == "exact":
            return shown
        if self.mode == "significant_figures":
            return f"{shown} to {self.figures} significant figures"
        if self.mode == "decimal_places":
            return f"{shown} to {self.figures} decimal places"
        below, above = (exact_text(distance) for distance in self._distances)
        by = f"± {below}" if below == above else f"- {below} + {above}"
        return f"{shown} {by}" if self.mode == "absolute" else f"{shown} {by} ({self.mode})"


class NumericAnswer(RubricModel):
    """An accepted number, and the part of the points that it is worth."""

    value: Number
    tolerance: Tolerance = Tolerance()
    fraction: Part = Fraction(1)


class Numeric(ItemRule):
    """Points for a number that is near enough to an accepted one."""

    rule: Literal["numeric"]
    answers: Annotated[tuple[NumericAnswer, ...], Field(min_length=1)]

    def _judge(self, response: ItemResponse) -> Award:
        texts = value_texts(response.value)
        if not texts:
            return no_response()
        if len(texts) > 1:
            return several_values(len(texts))
        number = None if isinstance(response.value, bool) else parse_number(texts[0])
        if number is None:
            return invalid(f"{quoted(texts[0])} is not a number.", "not_a_number")
        for index, answer in enumerate(self.answers):
            if answer.tolerance.accepts(number, answer.value):
                points = self.maximum() * answer.fraction
                return Award(
                    points,
                    f"{quoted(texts[0])} is within {answer.tolerance.described(answer.value)}: "
                    f"{of_points(points, self.maximum())}.",
                    {"matched": True, "answer": index, "tolerance": answer.tolerance.mode},
                )
        return Award(
            Fraction(0),
            f"{quoted(texts[0])} is not within {self._described_answers}: "
            f"{of_points(Fraction(0), self.maximum())}.",
            {"matched": False},
        )

    @cached_property
    def _described_answers(self) -> str:
        shown = [
            answer.tolerance.described(answer.value) for answer in self.answers[:_EXPLAINED_ANSWERS]
        ]
        if len(self.answers) > _EXPLAINED_ANSWERS:
            shown.append(f"any of {len(self.answers) - _EXPLAINED_ANSWERS} more")
        return " or ".join(shown)


def _leading_power(magnitude: Fraction) -> int:
    """Return the power of ten of the first figure that is not 0: floor(log10), exactly."""
    numerator, denominator = magnitude.as_integer_ratio()
    power = len(exact_text(Fraction(numerator))) - len(exact_text(Fraction(denominator)))
    return power if magnitude >= Fraction(10) ** power else power - 1
