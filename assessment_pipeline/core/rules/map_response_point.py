"""map_response_point: each area that a point hits is worth what the map says.

QTI 2.1 `mapResponsePoint` over an `areaMapping`, as qti-sdk computes it, but with every edge
inside and with ellipses: the sum over the areas hit, each once however many points hit it; the
default, once, if none is hit or there is no response; then the bounds. What is no point (two
whole numbers, `102 113`) hits nothing. Integer arithmetic only, see `areas`.

`points` is the item's maximum only and scales nothing; without it the maximum is upper_bound,
else the best reachable sum. For a single point that is found exactly, unless the areas that
overlap have more than 10,000 points in common: then it is the sum of those that could overlap.
Areas that subtract are left out of it, but for shape default, which every point hits. Several
values for a single item are an invalid response.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import Field

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import ItemResponse, value_texts
from assessment_pipeline.core.rules.areas import Area, Point, common_points
from assessment_pipeline.core.rules.base import (
    Award,
    Finding,
    ItemRule,
    crossed_bounds,
    several_values,
)
from assessment_pipeline.core.rules.fields import Exact
from assessment_pipeline.core.rules.values import Cardinality, base_value

_POINTS_LOOKED_AT: Final = 10_000
_AREAS_MOST: Final = 200
_EXPLAINED_AREAS = 5
_ZERO = Fraction(0)


class MapResponsePoint(ItemRule):
    """The sum of what the areas hit are worth, within the bounds."""

    rule: Literal["map_response_point"]
    areas: Annotated[tuple[Area, ...], Field(min_length=1, max_length=_AREAS_MOST)]
    default: Exact | None = None
    lower_bound: Exact | None = None
    upper_bound: Exact | None = None
    cardinality: Cardinality = "single"

    @cached_property
    def _default(self) -> Fraction:
        return _ZERO if self.default is None else self.default

    def maximum(self) -> Fraction:
        """Return the declared points, else upper_bound, else the best reachable sum."""
        if self.points is not None:
            return self.points
        return self._best if self.upper_bound is None else self.upper_bound

    @cached_property
    def _best(self) -> Fraction:
        everywhere = sum((area.points for area in self.areas if area.box is None), _ZERO)
        raising = [area for area in self.areas if area.box is not None and area.points > 0]
        if self.cardinality == "single":
            shaped = _best_of_one_point(raising)
        else:
            shaped = sum((area.points for area in raising), _ZERO)
        best = max(everywhere + shaped, self._default)
        return best if self.lower_bound is None else max(best, self.lower_bound)

    def bounds(self) -> tuple[Fraction | None, Fraction | None]:
        """Return the declared bounds."""
        return self.lower_bound, self.upper_bound

    def problems(self) -> Iterator[Finding]:
        """Yield bounds that cross, and areas that are there twice."""
        yield from crossed_bounds(self.lower_bound, self.upper_bound)
        seen: dict[tuple[str, tuple[int, ...]], int] = {}
        for index, area in enumerate(self.areas):
            first = seen.setdefault((area.shape, area.coords), index)
            if first != index:
                yield Finding(
                    ("areas", index), f"the same area as area {first}", "keep one of them"
                )

    def _judge(self, response: ItemResponse) -> Award:
        texts = value_texts(response.value)
        if self.cardinality == "single" and len(texts) > 1:
            return several_values(len(texts))
        points = [point for text in texts if (point := _point(text)) is not None]
        hit = [
            number
            for number, area in enumerate(self.areas)
            if any(area.contains(point) for point in points)
        ]
        total = sum((self.areas[number].points for number in hit), _ZERO) if hit else self._default
        areas: list[Json] = [*hit]
        return Award(
            total,
            self._explanation(hit, total, has_response=bool(texts)),
            {"areas_hit": areas, "points_given": len(points), "sum": exact_text(total)},
        )

    def _explanation(self, hit: list[int], total: Fraction, *, has_response: bool) -> str:
        worth = exact_text(total)
        if not hit:
            return f"{'No area is hit' if has_response else 'No response'}: that counts {worth}."
        shown = [
            f"area {number + 1} ({self.areas[number].shape}) counts "
            f"{exact_text(self.areas[number].points)}"
            for number in hit[:_EXPLAINED_AREAS]
        ]
        if len(hit) > _EXPLAINED_AREAS:
            shown.append(f"and {len(hit) - _EXPLAINED_AREAS} more")
        together = f"; together {worth}" if len(hit) > 1 else ""
        return f"Hit: {', '.join(shown)}{together}."


def _point(text: str) -> Point | None:
    value = base_value(text, "point")
    if not isinstance(value, tuple):
        return None
    first, second = value
    return int(first), int(second)


def _best_of_one_point(areas: list[Area]) -> Fraction:
    """Return the most that a single point can hit, of areas that are worth something."""
    best = max((area.points for area in areas), default=_ZERO)
    common = common_points(areas, _POINTS_LOOKED_AT)
    if common is None:
        touching = (area.points for area in areas if _touches_another(area, areas))
        return max(best, sum(touching, _ZERO))
    for point in common:
        best = max(best, sum((area.points for area in areas if area.contains(point)), _ZERO))
    return best


def _touches_another(area: Area, areas: list[Area]) -> bool:
    return any(
        other is not area and area.box and other.box and area.box.overlap(other.box)
        for other in areas
    )
