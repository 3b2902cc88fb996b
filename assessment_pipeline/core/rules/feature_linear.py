"""feature_linear: a line over features of the response.

    intercept + sum of coefficient x feature

exactly, then trimmed as rsmtool's `trim` does to minimum - tolerance and maximum + tolerance
(there the tolerance is 0.49998 unless said otherwise; here it is 0). `points` is the maximum and
bounds the result from above; without it the maximum is the trim's, tolerance included.

Features are those that docs/features.md describes, exact; true counts as 1 and false as 0. A
feature that is null makes the item an error with the feature's reason, never 0.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import ItemResponse
from assessment_pipeline.core.rules.base import Award, Finding, ItemRule, of_points
from assessment_pipeline.core.rules.feature_values import (
    FeatureName,
    feature_values,
    unknown_features,
)
from assessment_pipeline.core.rules.fields import Exact, Number, Points, RubricModel, refusal

_ZERO = Fraction(0)


class LinearTerm(RubricModel):
    """A feature, and what each unit of it is worth."""

    feature: FeatureName
    coefficient: Number


class Trim(RubricModel):
    """The ends of the score, each extended by the tolerance."""

    minimum: Exact | None = None
    maximum: Exact | None = None
    tolerance: Points = _ZERO

    @model_validator(mode="after")
    def _does_not_cross(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            message = "minimum is above maximum"
            raise refusal(message, "swap or correct them")
        return self

    @property
    def lowest(self) -> Fraction | None:
        """The lowest score left."""
        return None if self.minimum is None else self.minimum - self.tolerance

    @property
    def highest(self) -> Fraction | None:
        """The highest score left."""
        return None if self.maximum is None else self.maximum + self.tolerance


class FeatureLinear(ItemRule):
    """A linear function of features, trimmed."""

    rule: Literal["feature_linear"]
    terms: Annotated[tuple[LinearTerm, ...], Field(min_length=1)]
    intercept: Number = _ZERO
    trim: Trim = Trim()

    @property
    def features_read(self) -> frozenset[str]:
        """The features that the terms name."""
        return frozenset(self._coefficients)

    @cached_property
    def _coefficients(self) -> dict[str, Fraction]:
        return {term.feature: term.coefficient for term in self.terms}

    def maximum(self) -> Fraction:
        """Return the declared points, else the highest score that trim leaves."""
        highest = self.trim.highest
        return super().maximum() if self.points is not None or highest is None else highest

    def bounds(self) -> tuple[Fraction | None, Fraction | None]:
        """Return the ends of the trim, the item's points above none."""
        highest, maximum = self.trim.highest, self.maximum()
        return self.trim.lowest, maximum if highest is None else min(highest, maximum)

    def problems(self) -> Iterator[Finding]:
        """Yield unknown features, those named twice, and a maximum that nothing says."""
        yield from unknown_features("terms", [term.feature for term in self.terms])
        seen: set[str] = set()
        for index, term in enumerate(self.terms):
            if term.feature in seen:
                yield Finding(
                    ("terms", index, "feature"),
                    f"feature {term.feature} is there already",
                    "give each feature one coefficient",
                )
            seen.add(term.feature)
        if self.points is None and self.trim.maximum is None:
            yield Finding(
                (), "nothing says what full credit is worth", "give points, or a maximum in trim"
            )
        lowest, highest = self.bounds()
        if lowest is not None and highest is not None and lowest > highest:
            yield Finding(
                ("trim", "minimum"),
                f"the lowest score {exact_text(lowest)} is above the highest {exact_text(highest)}",
                "correct minimum or points",
            )
        if self.maximum() < 0:
            yield Finding(("trim", "maximum"), "full credit is below 0", "raise the maximum")

    def _judge(self, response: ItemResponse) -> Award:
        values = feature_values(response, self.features_read)
        if isinstance(values, Award):
            return values
        parts = {name: self._coefficients[name] * value for name, value in values.items()}
        total = sum(parts.values(), self.intercept)
        told = [
            f"{exact_text(self._coefficients[name])} x {name} {exact_text(value)}"
            for name, value in values.items()
        ]
        if self.intercept:
            told.insert(0, exact_text(self.intercept))
        terms: list[Json] = [
            {
                "feature": name,
                "value": exact_text(value),
                "coefficient": exact_text(self._coefficients[name]),
                "points": exact_text(parts[name]),
            }
            for name, value in values.items()
        ]
        return Award(
            total,
            f"{' + '.join(told)}: {of_points(total, self.maximum())}.",
            {"intercept": exact_text(self.intercept), "terms": terms},
        )
