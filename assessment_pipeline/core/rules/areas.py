"""Areas: the shapes that a point in a picture can hit, in integer arithmetic.

Holds QTI's shapes and coordinates (`areaMapEntry`): circle x, y, radius; rect left, top, right,
bottom; poly x1, y1, x2, y2, ... (closed by itself, even-odd where it crosses itself); ellipse
x, y, horizontal radius, vertical radius; default, which is everything. Every edge is inside.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import combinations
from typing import Annotated, Final, Literal, NamedTuple, Self, TypeAlias

from pydantic import Field, model_validator

from assessment_pipeline.core.rules.fields import Exact, RubricModel, refusal

Shape: TypeAlias = Literal["circle", "rect", "poly", "ellipse", "default"]
Point: TypeAlias = tuple[int, int]

_LARGEST_COORDINATE: Final = 2**31
_COUNTS: Final = {"circle": 3, "rect": 4, "ellipse": 4, "default": 0}
_CORNERS_LEAST = 3

Coordinate = Annotated[int, Field(ge=-_LARGEST_COORDINATE, le=_LARGEST_COORDINATE)]


class Box(NamedTuple):
    """The smallest upright rectangle around an area."""

    left: int
    top: int
    right: int
    bottom: int

    def overlap(self, other: "Box") -> "Box | None":
        """Return what two boxes have in common; None if they do not touch."""
        box = Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )
        return box if box.left <= box.right and box.top <= box.bottom else None

    def contains(self, point: Point) -> bool:
        """Tell whether a point lies in the box."""
        return self.left <= point[0] <= self.right and self.top <= point[1] <= self.bottom

    @property
    def points(self) -> int:
        """How many points with whole coordinates lie in it."""
        return (self.right - self.left + 1) * (self.bottom - self.top + 1)


class Area(RubricModel):
    """A part of the picture, and what hitting it is worth."""

    shape: Shape
    coords: tuple[Coordinate, ...] = ()
    points: Exact

    @model_validator(mode="after")
    def _is_a_shape(self) -> Self:
        if self.shape == "poly":
            if len(self.coords) % 2 or len(self.coords) < 2 * _CORNERS_LEAST:
                message = "a poly has an x and a y for each of at least three corners"
                raise refusal(message, "give x1, y1, x2, y2, x3, y3, ...")
            return self
        if len(self.coords) != _COUNTS[self.shape]:
            message = f"a {self.shape} has {_COUNTS[self.shape]} coordinates"
            raise refusal(message, _ORDERS[self.shape])
        if self.shape in ("circle", "ellipse") and min(self.coords[2:]) < 0:
            message = "a radius must not be negative"
            raise refusal(message, _ORDERS[self.shape])
        if self.shape == "rect":
            left, top, right, bottom = self.coords
            if left > right or top > bottom:
                message = "the corners of this rect are the wrong way round, so nothing hits it"
                raise refusal(message, _ORDERS["rect"])
        return self

    @cached_property
    def _corners(self) -> tuple[Point, ...]:
        return tuple(zip(self.coords[::2], self.coords[1::2], strict=True))

    @cached_property
    def box(self) -> Box | None:
        """The box around the area; None for `default`, which has none."""
        match self.shape:
            case "default":
                return None
            case "rect":
                left, top, right, bottom = self.coords
                return Box(left, top, right, bottom)
            case "poly":
                xs, ys = zip(*self._corners, strict=True)
                return Box(min(xs), min(ys), max(xs), max(ys))
            case _:
                x, y, across, *upright = self.coords
                down = upright[0] if upright else across
                return Box(x - across, y - down, x + across, y + down)

    def contains(self, point: Point) -> bool:
        """Tell whether a point lies in the area or on its edge."""
        if self.box is None:
            return True
        if not self.box.contains(point):
            return False
        if self.shape == "rect":
            return True
        if self.shape == "poly":
            return _is_in_polygon(point, self._corners)
        across, down = self.coords[2], self.coords[-1]
        x, y = point[0] - self.coords[0], point[1] - self.coords[1]
        # Of a flat ellipse nothing is left but its box, and that contains the point.
        return x * x * down * down + y * y * across * across <= across * across * down * down


_ORDERS: Final = {
    "circle": "give x, y, radius",
    "rect": "give left, top, right, bottom",
    "ellipse": "give x, y, horizontal radius, vertical radius",
    "default": "leave coords out: it is everything",
}


def common_points(areas: Sequence[Area], most: int) -> set[Point] | None:
    """Return every point with whole coordinates that could lie in two of the areas.

    None if more than `most` would have to be looked at. Areas of shape default are left out.
    """
    boxes = [area.box for area in areas if area.box is not None]
    overlaps = [box for one, other in combinations(boxes, 2) if (box := one.overlap(other))]
    if sum(box.points for box in overlaps) > most:
        return None
    return {
        (x, y)
        for box in overlaps
        for x in range(box.left, box.right + 1)
        for y in range(box.top, box.bottom + 1)
    }


def _is_in_polygon(point: Point, corners: Sequence[Point]) -> bool:
    x, y = point
    is_inside = False
    x1, y1 = corners[-1]
    for x2, y2 in corners:
        side = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
        is_beside = min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2)
        if side == 0 and is_beside:
            return True
        # The edge crosses the line to the right of the point.
        if (y1 > y) != (y2 > y) and (side > 0) == (y2 > y1):
            is_inside = not is_inside
        x1, y1 = x2, y2
    return is_inside
