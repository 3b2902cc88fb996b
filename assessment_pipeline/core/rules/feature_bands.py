"""feature_bands: points by how high features of the response lie.

Of each feature named, the band with the highest minimum that the feature reaches counts, 0 below
all of them; over several features the points add up, to at most the item's points. The order of
the bands never matters. `points` is the maximum; without it that is the best reachable sum.

Features are those that docs/features.md describes, exact; true counts as 1 and false as 0. A
feature that is null makes the item an error with the feature's reason, never 0.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import ItemResponse
from assessment_pipeline.core.rules.base import Award, Finding, ItemRule, of_points
from assessment_pipeline.core.rules.feature_values import (
    FeatureName,
    feature_values,
    unknown_features,
)
from assessment_pipeline.core.rules.fields import Exact, Number, RubricModel

_ZERO = Fraction(0)


class FeatureBand(RubricModel):
    """From which value of a feature on how many points are given."""

    feature: FeatureName
    minimum: Number
    points: Exact


class FeatureBands(ItemRule):
    """The sum, over the features, of the points of the highest band reached."""

    rule: Literal["feature_bands"]
    bands: Annotated[tuple[FeatureBand, ...], Field(min_length=1)]

    @property
    def features_read(self) -> frozenset[str]:
        """The features that the bands name."""
        return frozenset(self._bands)

    @cached_property
    def _bands(self) -> Mapping[str, tuple[FeatureBand, ...]]:
        """The bands of each feature, the highest first."""
        names = sorted({band.feature for band in self.bands})
        return {
            name: tuple(
                sorted(
                    (band for band in self.bands if band.feature == name),
                    key=lambda band: band.minimum,
                    reverse=True,
                )
            )
            for name in names
        }

    def maximum(self) -> Fraction:
        """Return the declared points, else the best reachable sum."""
        return self._best if self.points is None else self.points

    @cached_property
    def _best(self) -> Fraction:
        best = (max(_ZERO, *(band.points for band in bands)) for bands in self._bands.values())
        return sum(best, _ZERO)

    def bounds(self) -> tuple[Fraction | None, Fraction | None]:
        """Return the item's points as the upper bound."""
        return None, self.maximum()

    def problems(self) -> Iterator[Finding]:
        """Yield unknown features, bands that begin alike, and points that cannot be reached."""
        yield from unknown_features("bands", [band.feature for band in self.bands])
        seen: dict[tuple[str, Fraction], int] = {}
        for index, band in enumerate(self.bands):
            first = seen.setdefault((band.feature, band.minimum), index)
            if first != index:
                yield Finding(
                    ("bands", index, "minimum"),
                    f"band {first} of {band.feature} begins at the same value, so one is never "
                    "reached",
                    "give each band a minimum of its own",
                )
        if self.points is not None and self.points > self._best:
            yield Finding(
                ("points",),
                f"the bands give at most {exact_text(self._best)}, so full credit is never reached",
                "lower points, or leave them out",
            )

    def _judge(self, response: ItemResponse) -> Award:
        values = feature_values(response, self.features_read)
        if isinstance(values, Award):
            return values
        total = _ZERO
        told: list[str] = []
        bands: list[Json] = []
        for name, value in values.items():
            reached = next((band for band in self._bands[name] if value >= band.minimum), None)
            points = _ZERO if reached is None else reached.points
            minimum = None if reached is None else exact_text(reached.minimum)
            total += points
            where = "below all bands" if minimum is None else f"from {minimum} on"
            told.append(f"{name} is {exact_text(value)} ({where}: {exact_text(points)})")
            bands.append(
                {
                    "feature": name,
                    "value": exact_text(value),
                    "minimum": minimum,
                    "points": exact_text(points),
                }
            )
        explanation = f"{', '.join(told)}: {of_points(total, self.maximum())}."
        return Award(total, explanation[0].upper() + explanation[1:], {"bands": bands})
