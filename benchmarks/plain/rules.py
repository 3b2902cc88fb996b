"""The rules of the benchmark's rubric: each judges one response and says why."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from benchmarks.plain.deliveries import Value, value_texts
from benchmarks.plain.numbers import exact_text, parse_number
from benchmarks.plain.texts import Step, find_word, listed, normalised, of_maximum, quoted

Exact = Annotated[Fraction, BeforeValidator(Fraction)]


@dataclass(frozen=True, slots=True)
class Award:
    """Points before weight and bounds, and why."""

    points: Fraction
    explanation: str
    trace: dict[str, Any]
    is_invalid: bool = False


class Rule(BaseModel):
    """What every item of a rubric has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Any
    points: Exact = Fraction(1)
    weight: Exact = Fraction(1)

    @cached_property
    def max_score(self) -> Fraction:
        """What full credit is worth after weight."""
        return self.points * self.weight

    def award(self, value: Value) -> Award:
        """Judge what was answered."""
        raise NotImplementedError

    @cached_property
    def max_score_text(self) -> str:
        """The same as exact text."""
        return exact_text(self.max_score)

    @cached_property
    def weight_text(self) -> str:
        """The weight as exact text."""
        return exact_text(self.weight)

    @cached_property
    def _of_maximum(self) -> str:
        return of_maximum(self.points)

    def of_points(self, points: Fraction) -> str:
        """Return how many points out of how many, before weight."""
        return exact_text(points) + self._of_maximum


class MatchCorrect(Rule):
    """Points for the correct answer."""

    rule: Literal["match_correct"]
    correct: str

    def award(self, value: Value) -> Award:
        """Compare the answer with the key."""
        texts = value_texts(value)
        if len(texts) > 1:
            return _several_values(texts)
        is_match = texts[0] == self.correct
        points = self.points if is_match else Fraction(0)
        verdict = "is correct" if is_match else f"is not the correct answer {quoted(self.correct)}"
        explanation = f"{quoted(texts[0])} {verdict}: {self.of_points(points)}."
        return Award(points, explanation, {"matched": is_match})


class MultiSelect(Rule):
    """Part of the points by how many picks are correct and wrong."""

    rule: Literal["multi_select"]
    method: Literal["net_correct"]
    options: list[str]
    correct: list[str]

    def award(self, value: Value) -> Award:
        """Count correct picks, less wrong ones."""
        picks = list(dict.fromkeys(value_texts(value)))
        strangers = [pick for pick in picks if pick not in self.options]
        if strangers:
            return _invalid(f"{listed(strangers)} is not among the options.", "no_option")
        right = [pick for pick in picks if pick in self.correct]
        wrong = [pick for pick in picks if pick not in self.correct]
        missed = [option for option in self.correct if option not in right]
        net = Fraction(len(right) - len(wrong), len(self.correct))
        points = self.points * max(Fraction(0), net)
        parts = [
            f"{name} {listed(options)}"
            for name, options in (("correct", right), ("wrong", wrong), ("missed", missed))
            if options
        ]
        found = "; ".join(parts)
        return Award(
            points,
            f"{found[0].upper()}{found[1:]}: {self.of_points(points)} ({self.method}).",
            {
                "method": self.method,
                "correct_picks": len(right),
                "wrong_picks": len(wrong),
                "missed": len(missed),
            },
        )


class Tolerance(BaseModel):
    """How near is near enough."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["absolute"]
    value: Exact


class NumericAnswer(BaseModel):
    """An accepted number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Exact
    tolerance: Tolerance

    @cached_property
    def described(self) -> str:
        """The answer with its tolerance, for an explanation."""
        return f"{exact_text(self.value)} ± {exact_text(self.tolerance.value)}"


class Numeric(Rule):
    """Points for a number near enough to an accepted one."""

    rule: Literal["numeric"]
    answers: list[NumericAnswer]

    def award(self, value: Value) -> Award:
        """Look for the first accepted number that is near enough."""
        texts = value_texts(value)
        if len(texts) > 1:
            return _several_values(texts)
        number = None if isinstance(value, bool) else parse_number(texts[0])
        if number is None:
            return _invalid(f"{quoted(texts[0])} is not a number.", "not_a_number")
        for index, answer in enumerate(self.answers):
            if abs(number - answer.value) <= answer.tolerance.value:
                return Award(
                    self.points,
                    f"{quoted(texts[0])} is within {answer.described}: "
                    f"{self.of_points(self.points)}.",
                    {"matched": True, "answer": index, "tolerance": answer.tolerance.mode},
                )
        described = " or ".join(answer.described for answer in self.answers)
        explanation = (
            f"{quoted(texts[0])} is not within {described}: {self.of_points(Fraction(0))}."
        )
        return Award(Fraction(0), explanation, {"matched": False})


class TextAnswer(BaseModel):
    """An accepted text and the part of the points that it is worth."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    fraction: Exact = Fraction(1)


class Text(Rule):
    """Points for a text that is one of the accepted ones, after normalising both."""

    rule: Literal["text"]
    normalise: list[Step]
    answers: list[TextAnswer]

    @cached_property
    def _accepted(self) -> list[str]:
        return [normalised(answer.text, self.normalise) for answer in self.answers]

    def award(self, value: Value) -> Award:
        """Look for the first accepted text that is the same."""
        texts = value_texts(value)
        if len(texts) > 1:
            return _several_values(texts)
        given = normalised(texts[0], self.normalise)
        for index, (answer, accepted) in enumerate(zip(self.answers, self._accepted, strict=True)):
            if given == accepted:
                points = self.points * answer.fraction
                return Award(
                    points,
                    f"{quoted(texts[0])} is the accepted answer {quoted(answer.text)}: "
                    f"{self.of_points(points)}.",
                    {"matched": True, "answer": index, "match": "exact"},
                )
        accepted_texts = listed([answer.text for answer in self.answers], limit=3)
        explanation = (
            f"{quoted(texts[0])} matches none of {accepted_texts}: {self.of_points(Fraction(0))}."
        )
        return Award(Fraction(0), explanation, {"matched": False})


class Criterion(BaseModel):
    """What a response should speak of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    any_of: list[str]
    points: Exact


class Keywords(Rule):
    """Points for each criterion of which a term stands in the response as a whole word."""

    rule: Literal["keywords"]
    normalise: list[Literal["casefold"]]
    criteria: list[Criterion]

    @cached_property
    def _terms(self) -> list[list[str]]:
        return [[term.casefold() for term in criterion.any_of] for criterion in self.criteria]

    def award(self, value: Value) -> Award:
        """Look for the terms of each criterion."""
        texts = value_texts(value)
        if len(texts) > 1:
            return _several_values(texts)
        text, folded = texts[0], texts[0].casefold()
        if len(folded) == len(text):
            places: range | list[int] = range(len(text))
        else:
            places = [place for place, each in enumerate(text) for _ in each.casefold()]
        total = Fraction(0)
        met, unmet, trace = [], [], []
        for criterion, terms in zip(self.criteria, self._terms, strict=True):
            found = [span for term in terms if (span := find_word(folded, term))]
            if not found:
                unmet.append(criterion.id)
                trace.append({"id": criterion.id, "met": False})
                continue
            first, last = min(found, key=lambda span: (span[0], -span[1]))
            start, end = places[first], places[last - 1] + 1
            total += criterion.points
            met.append(f"{criterion.id} met by {quoted(text[start:end])}")
            points = exact_text(criterion.points)
            trace.append({"id": criterion.id, "met": True, "points": points, "span": [start, end]})
        told = ", ".join(met) or "no criterion met"
        missing = f"; not met: {', '.join(unmet)}" if unmet else ""
        explanation = f"{told[0].upper()}{told[1:]}{missing}: {self.of_points(total)}."
        return Award(total, explanation, {"criteria": trace})


def _several_values(texts: list[str]) -> Award:
    reason = f"The item takes one value; the response has {len(texts)}."
    return _invalid(reason, "several_values")


def _invalid(reason: str, code: str) -> Award:
    return Award(Fraction(0), reason, {"matched": False, "invalid": code}, is_invalid=True)


Item = Annotated[
    MatchCorrect | MultiSelect | Numeric | Text | Keywords, Field(discriminator="rule")
]
