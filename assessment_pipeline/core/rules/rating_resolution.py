"""Rating resolution: from the ratings of one criterion to its points, or why not yet.

Holds what holds for points of any rubric; which ratings there are is `ratings`. Ratings come in
the order of their `rated_at` (those without first), then of delivery.

- single: the only rating; several are an error
- latest: the last one
- mean, median (of an even number the mean of the two in the middle), higher, lower: over all

With `rounding: ceil`, mean and median are edx-ora2's `get_mean_score` and `get_median_score`.

adjudicate_if_gap_over: if the first two ratings lie further apart, a third is needed. With it,
`adjudication: parity` lets the method read all ratings, `expert` lets the last one stand alone
(Johnson, Penny & Gordon 2000).
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from statistics import median
from typing import Annotated, Final, Literal, NamedTuple, Self, TypeAlias

from pydantic import Field, model_validator

from assessment_pipeline.core.points import RoundingMode, exact_text, rounded
from assessment_pipeline.core.rules.fields import Points, RubricModel, refusal

ResolveMethod: TypeAlias = Literal["single", "latest", "mean", "median", "higher", "lower"]
RatingKinds: TypeAlias = Literal["any", "human", "machine"]

_RATERS_MOST: Final = 100
_ADJUDICATED_FROM: Final = 3
_PAIR: Final = 2


class Unresolved(NamedTuple):
    """Why ratings have no points yet, or none at all."""

    is_pending: bool
    reason: str
    code: str


class Resolve(RubricModel):
    """How several ratings of a criterion become its points."""

    method: ResolveMethod = "single"
    rounding: RoundingMode | None = None
    """To whole points, of each criterion; None: not rounded."""
    adjudicate_if_gap_over: Points | None = None
    adjudication: Literal["parity", "expert"] = "parity"
    minimum_ratings: Annotated[int, Field(ge=1, le=_RATERS_MOST)] = 1
    """Fewer of a criterion are too few."""
    kind: RatingKinds = "any"
    """Which ratings count."""

    @model_validator(mode="after")
    def _takes_as_many_as_it_needs(self) -> Self:
        if self.method != "single":
            return self
        if self.minimum_ratings > 1 or self.adjudicate_if_gap_over is not None:
            message = "method single takes one rating, so there is nothing to compare"
            raise refusal(message, "choose latest, mean, median, higher or lower")
        return self

    @property
    def ratings_needed(self) -> int:
        """How many ratings of a criterion there must be; to see a gap it takes two."""
        return max(self.minimum_ratings, 1 if self.adjudicate_if_gap_over is None else _PAIR)

    def points(self, ratings: Sequence[Fraction]) -> Fraction | Unresolved:
        """Return what ratings of one criterion, in order, come to."""
        if len(ratings) < self.ratings_needed:
            have = len(ratings) or "none"
            reason = f"{self.ratings_needed} needed, {have} there"
            return Unresolved(is_pending=True, reason=reason, code="too_few_ratings")
        if self.method == "single" and len(ratings) > 1:
            reason = f"{len(ratings)} ratings where one is expected"
            return Unresolved(is_pending=False, reason=reason, code="several_ratings")
        is_apart = self._is_apart(ratings)
        if is_apart and len(ratings) < _ADJUDICATED_FROM:
            gap = exact_text(abs(ratings[0] - ratings[1]))
            reason = f"the ratings lie {gap} apart, so a third is needed"
            return Unresolved(is_pending=True, reason=reason, code="third_rating_needed")
        if is_apart and self.adjudication == "expert":
            resolved = ratings[-1]
        else:
            resolved = _METHODS[self.method](ratings)
        return resolved if self.rounding is None else rounded(resolved, self.rounding, 0)

    def _is_apart(self, ratings: Sequence[Fraction]) -> bool:
        limit = self.adjudicate_if_gap_over
        return limit is not None and abs(ratings[0] - ratings[1]) > limit


def _last(ratings: Sequence[Fraction]) -> Fraction:
    return ratings[-1]


def _mean(ratings: Sequence[Fraction]) -> Fraction:
    return sum(ratings, Fraction(0)) / len(ratings)


_METHODS: Mapping[ResolveMethod, Callable[[Sequence[Fraction]], Fraction]] = {
    "single": _last,
    "latest": _last,
    "mean": _mean,
    "median": median,
    "higher": max,
    "lower": min,
}
