"""multi_select: several picks out of options, with partial credit.

With t correct and f wrong picks, c correct options, n picks and N options, the methods give

- all_or_nothing: 1 if the picks are the correct options, else 0
- net_correct: max(0, (t - f) / c); coverage: t/c * t/n; each_option: agreeing options / N
  (PrairieLearn `pl-checkbox`)
- r_false, r_false2, r_true, r_all, r_none: max(0, t/c - f * p), where p is 1/(N - c),
  1/max(N - c, 2), 1/c, 1 and 0 (R/exams `exams_eval`)

of the points. A repeated pick counts once. A pick that is no option is an invalid response, if
the options are given; only each_option, r_false and r_false2 need them. If nothing is correct,
picking nothing is worth full credit and anything else 0, but for coverage and the r methods,
which give 0 as their sources do (each_option keeps its formula).
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import Literal, TypeAlias

from assessment_pipeline.core.responses import ItemResponse, value_texts
from assessment_pipeline.core.rules.base import (
    Award,
    Finding,
    ItemRule,
    invalid,
    listed,
    of_points,
    quoted,
)
from assessment_pipeline.core.rules.fields import Text

MultiSelectMethod: TypeAlias = Literal[
    "all_or_nothing",
    "net_correct",
    "coverage",
    "each_option",
    "r_false",
    "r_false2",
    "r_true",
    "r_all",
    "r_none",
]
_METHODS_OVER_OPTIONS = ("each_option", "r_false", "r_false2")


class MultiSelect(ItemRule):
    """Part of the points by how the picks agree with the correct options."""

    rule: Literal["multi_select"]
    correct: tuple[Text, ...]
    options: tuple[Text, ...] | None = None
    method: MultiSelectMethod = "all_or_nothing"

    @cached_property
    def _correct(self) -> frozenset[str]:
        return frozenset(self.correct)

    @cached_property
    def _options(self) -> frozenset[str]:
        return frozenset(self.correct if self.options is None else self.options)

    def problems(self) -> Iterator[Finding]:
        """Yield keys that are no options, what is named twice, and options that are missing."""
        for field in ("correct", "options"):
            seen: set[str] = set()
            for index, text in enumerate(getattr(self, field) or ()):
                if text in seen:
                    yield Finding((field, index), f"{quoted(text)} is named twice", "name it once")
                seen.add(text)
        if self.options is None:
            if self.method in _METHODS_OVER_OPTIONS:
                yield Finding(
                    (), f"method {self.method} needs the options", "list them under options"
                )
            return
        for index, text in enumerate(self.correct):
            if text not in self._options:
                yield Finding(
                    ("correct", index),
                    f"{quoted(text)} is not one of the options",
                    "correct the key or add the option",
                )
        if not self.options:
            yield Finding(("options",), "there are no options", "list them, or leave options out")

    def _judge(self, response: ItemResponse) -> Award:
        picks = tuple(dict.fromkeys(value_texts(response.value)))
        if self.options is not None:
            strangers = [pick for pick in picks if pick not in self._options]
            if strangers:
                return invalid(f"{listed(strangers)} is not among the options.", "no_option")
        right = [pick for pick in picks if pick in self._correct]
        wrong = [pick for pick in picks if pick not in self._correct]
        points = self.maximum() * self._fraction(len(right), len(wrong))
        return Award(
            points,
            self._explanation(right, wrong, points),
            {
                "method": self.method,
                "correct_picks": len(right),
                "wrong_picks": len(wrong),
                "missed": len(self._correct) - len(right),
            },
        )

    def _fraction(self, right: int, wrong: int) -> Fraction:
        count = len(self._correct)
        options = len(self._options)
        if self.method == "each_option":
            return Fraction(right + options - count - wrong, options) if options else Fraction(0)
        if self.method == "all_or_nothing" or (self.method == "net_correct" and not count):
            return Fraction(right == count and not wrong)
        if not right:
            return Fraction(0)
        if self.method == "coverage":
            return Fraction(right * right, count * (right + wrong))
        return max(Fraction(0), Fraction(right, count) - wrong * self._deduction)

    @cached_property
    def _deduction(self) -> Fraction:
        """What one wrong pick costs."""
        count = len(self._correct)
        others = len(self._options) - count
        match self.method:
            case "net_correct" | "r_true":
                return Fraction(1, count)
            case "r_false":
                return Fraction(1, max(others, 1))
            case "r_false2":
                return Fraction(1, max(others, 2))
            case "r_all":
                return Fraction(1)
            case _:
                return Fraction(0)

    def _explanation(self, right: list[str], wrong: list[str], points: Fraction) -> str:
        missed = [text for text in self.correct if text not in right]
        parts = [f"correct {listed(right)}"] if right else []
        parts += [f"wrong {listed(wrong)}"] if wrong else []
        parts += [f"missed {listed(missed)}"] if missed else []
        found = "; ".join(parts) or "nothing picked, and nothing is correct"
        found = found[0].upper() + found[1:]
        return f"{found}: {of_points(points, self.maximum())} ({self.method})."
