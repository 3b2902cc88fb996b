"""The form of every rule: what it is asked, and what it answers.

Holds no rule of its own. A rule is a frozen model with one verb, `award`; it is written to be
read beside the standard it follows, is exact, and never raises on any response.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, NamedTuple, Self, TypeAlias

import msgspec
from pydantic import Field, JsonValue, model_validator

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import ItemResponse
from assessment_pipeline.core.rules.fields import (
    Exact,
    FeatureNumber,
    Id,
    Points,
    RubricModel,
    Text,
    refusal,
)

Trace: TypeAlias = "dict[str, Json]"
Unfinished: TypeAlias = Literal["pending_ratings", "error"]
_QUOTED_LENGTH = 60


class Award(msgspec.Struct, frozen=True):
    """What a rule answers for one response: points before weight, and why."""

    points: Fraction
    explanation: str
    """One sentence that a teacher understands."""
    trace: Trace
    """The same for machines, as JSON without floats."""
    is_invalid: bool = False
    """The response is none that the item can have; the missing policy decides, not the points."""
    unbounded: Fraction | None = None
    """The points before the item's bounds changed them; None if they did not."""
    unfinished: Unfinished | None = None
    """Why the rule cannot say the points yet, or at all; then `points` mean nothing."""


class Finding(NamedTuple):
    """Something wrong with a rule that its fields alone do not show."""

    path: tuple[str | int, ...]
    """Where, below the rule."""
    message: str
    remedy: str


class ExampleRating(RubricModel):
    """A rating that comes with the response of an example."""

    rater_id: Id
    criterion_id: Text
    level_id: Text
    kind: Literal["human", "machine"] = "human"
    rated_at: Text | None = None


class Example(RubricModel):
    """A response with the points that the rule alone must give it; checked on loading.

    `features` stand in for those that the response itself would have; `status` says that the
    rule cannot give points, where there are none to expect.
    """

    response: JsonValue
    points: Exact | None = None
    status: Unfinished | None = None
    features: Mapping[Id, FeatureNumber] = Field(default_factory=dict)
    ratings: tuple[ExampleRating, ...] = ()

    @model_validator(mode="after")
    def _expects_points_or_a_status(self) -> Self:
        if (self.points is None) == (self.status is None):
            message = "an example expects points, or the status of a response without"
            raise refusal(message, "give points, or else status pending_ratings or error")
        return self


class ItemRule(RubricModel):
    """One item of a rubric: a rule with its parameters."""

    rule: Any
    """The rule's name; each family narrows it to its own."""
    points: Points | None = None
    """What full credit is worth; None: 1, or what the family derives."""
    weight: Points = Fraction(1)
    """Multiplies score and maximum."""
    dimension: Id | None = None
    """A dimension that the item counts in besides those that list it."""
    examples: tuple[Example, ...] = Field(default=(), repr=False)

    @property
    def features_read(self) -> frozenset[str]:
        """The features that the rule reads beside the response itself."""
        return frozenset()

    @property
    def needs_features(self) -> bool:
        """Whether the rule reads features of the response."""
        return bool(self.features_read)

    @property
    def needs_ratings(self) -> bool:
        """Whether the rule reads the ratings that came with the response."""
        return False

    @abstractmethod
    def _judge(self, response: ItemResponse) -> Award:
        """Return the award before bounds. Must not raise, whatever the response."""

    def maximum(self) -> Fraction:
        """Return what full credit is worth, before weight."""
        return Fraction(1) if self.points is None else self.points

    def bounds(self) -> tuple[Fraction | None, Fraction | None]:
        """Return the lowest and highest points that the rule may give, None for no bound."""
        return None, None

    @cached_property
    def weighted_maximum(self) -> Fraction:
        """What full credit is worth, after weight."""
        return self.maximum() * self.weight

    def problems(self) -> Iterator[Finding]:
        """Yield what is wrong with the parameters taken together."""
        yield from ()

    def award(self, response: ItemResponse) -> Award:
        """Judge a response, within the rule's bounds: points before weight, and why."""
        award = self._judge(response)
        if award.unfinished is not None:
            return award
        lower, upper = self.bounds()
        points = award.points
        if lower is not None and points < lower:
            points = lower
        elif upper is not None and points > upper:
            points = upper
        if points is award.points:
            return award
        side = "at least" if points > award.points else "at most"
        return msgspec.structs.replace(
            award,
            points=points,
            explanation=f"{award.explanation} The item gives {side} {exact_text(points)}.",
            unbounded=award.points,
        )


def no_response(points: Fraction = Fraction(0)) -> Award:
    """Return the award for no response."""
    return Award(points, "No response.", {"matched": False, "no_response": True})


def invalid(reason: str, code: str) -> Award:
    """Return the award for a response that the item cannot have."""
    return Award(Fraction(0), reason, {"matched": False, "invalid": code}, is_invalid=True)


def error(reason: str, code: str) -> Award:
    """Return the award where the rule cannot say the points: the item gets none, not 0."""
    return Award(Fraction(0), reason, {"error": code}, unfinished="error")


def several_values(count: int) -> Award:
    """Return the award for several values where the item takes one."""
    return invalid(f"The item takes one value; the response has {count}.", "several_values")


def crossed_bounds(lower: Fraction | None, upper: Fraction | None) -> Iterator[Finding]:
    """Yield what is wrong with bounds of which the lower is the higher one."""
    if lower is not None and upper is not None and lower > upper:
        yield Finding(
            ("lower_bound",),
            f"lower_bound {exact_text(lower)} is above upper_bound {exact_text(upper)}",
            "swap or correct the bounds",
        )


def quoted(text: str) -> str:
    """Return a text in quotes, shortened, for an explanation."""
    shown = " ".join(text.split())
    if len(shown) > _QUOTED_LENGTH:
        shown = shown[: _QUOTED_LENGTH - 1] + "…"
    return f"“{shown}”"


def listed(texts: list[str] | tuple[str, ...], limit: int = 5) -> str:
    """Return texts in quotes, one after another, saying how many more there are.

    >>> listed(["A", "B"])
    '“A”, “B”'
    """
    shown = ", ".join(quoted(text) for text in texts[:limit])
    return f"{shown} and {len(texts) - limit} more" if len(texts) > limit else shown


def of_points(points: Fraction, maximum: Fraction) -> str:
    """Return how many points out of how many, for an explanation.

    >>> of_points(Fraction(1, 2), Fraction(1))
    '0.5 of 1 point'
    """
    noun = "point" if maximum == 1 else "points"
    return f"{exact_text(points)} of {exact_text(maximum)} {noun}"
