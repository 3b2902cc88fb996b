"""composite: one item judged by several rules, its parts.

Each part is a rule of its own with points and weight. `select: N` gives it the N-th value of the
response (from 1; nothing if there are fewer), without it the part judges the whole response; so
`[“12”, “kg”]` can be a number and its unit. Combined are the parts' points after their weights:

- sum, min, max: of the parts' points, and of their maxima for the item's maximum
- all_of: `points` if every part has full credit, else 0
- count_at_least: `points` if at least `count` parts have full credit, else 0

As QTI composes response processing from several conditions. A part that finds its value to be
none that it can have is worth 0 with its reason; if every part does, the response is invalid.
A part in error makes the item an error, else one that waits for ratings makes it wait.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal, Self, TypeAlias

import msgspec
from pydantic import Field, model_validator

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import ItemResponse, value_texts
from assessment_pipeline.core.rules.base import Award, Finding, ItemRule, of_points
from assessment_pipeline.core.rules.families import FamilyRule
from assessment_pipeline.core.rules.fields import RubricModel, refusal

Combine: TypeAlias = Literal["sum", "min", "max", "all_of", "count_at_least"]

_ZERO = Fraction(0)
_VALUES_MOST = 1_000


def _sum(points: Iterable[Fraction]) -> Fraction:
    return sum(points, _ZERO)


_COMBINED: Mapping[Combine, Callable[[Iterable[Fraction]], Fraction]] = {
    "sum": _sum,
    "min": min,
    "max": max,
}


class CompositePart(RubricModel):
    """A rule, and the value of the response that it judges."""

    select: Annotated[int, Field(ge=1, le=_VALUES_MOST)] | None = None
    item: FamilyRule

    def response(self, response: ItemResponse) -> ItemResponse:
        """Return what this part is asked of a response."""
        if self.select is None:
            return response
        texts = value_texts(response.value)
        value = texts[self.select - 1] if self.select <= len(texts) else None
        return msgspec.structs.replace(response, value=value)

    def maximum(self) -> Fraction:
        """Return what full credit on this part is worth, after its weight."""
        return self.item.maximum() * self.item.weight


class Composite(ItemRule):
    """Several rules over one response, combined."""

    rule: Literal["composite"]
    combine: Combine
    parts: Annotated[tuple[CompositePart, ...], Field(min_length=1, max_length=100)]
    count: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _counts_where_it_needs_to(self) -> Self:
        if (self.combine == "count_at_least") != (self.count is not None):
            message = "count belongs to combine count_at_least, and is required there"
            raise refusal(message, "give count with count_at_least only")
        return self

    @cached_property
    def features_read(self) -> frozenset[str]:
        """The features that any part reads."""
        return frozenset().union(*(part.item.features_read for part in self.parts))

    @property
    def needs_ratings(self) -> bool:
        """Whether any part reads ratings."""
        return any(part.item.needs_ratings for part in self.parts)

    def maximum(self) -> Fraction:
        """Return what the parts' maxima combine to; `points` where parts are counted."""
        combined = _COMBINED.get(self.combine)
        if combined is None:
            return super().maximum()
        return combined(part.maximum() for part in self.parts)

    def problems(self) -> Iterator[Finding]:
        """Yield what is wrong with any part, and what parts and item say against each other."""
        if self.combine in _COMBINED and self.points is not None:
            yield Finding(
                ("points",), "the points follow from those of the parts", "leave points out"
            )
        if self.count is not None and self.count > len(self.parts):
            yield Finding(
                ("count",), "there are fewer parts than count", "lower count, or add parts"
            )
        for index, part in enumerate(self.parts):
            path = ("parts", index, "item")
            if part.item.dimension is not None:
                yield Finding(
                    (*path, "dimension"), "a part counts in no dimension", "give it to the item"
                )
            if part.item.examples:
                yield Finding(
                    (*path, "examples"), "the examples of a part are not run", "give the item some"
                )
            for finding in part.item.problems():
                yield finding._replace(path=(*path, *finding.path))

    def _judge(self, response: ItemResponse) -> Award:
        awards = [part.item.award(part.response(response)) for part in self.parts]
        trace: dict[str, Json] = {
            "combine": self.combine,
            "parts": [_step(award) for award in awards],
        }
        told = " ".join(
            f"Part {number}: {_told(award)}" for number, award in enumerate(awards, start=1)
        )
        for unfinished in ("error", "pending_ratings"):
            if any(award.unfinished == unfinished for award in awards):
                return Award(_ZERO, told, trace, unfinished=unfinished)
        if all(award.is_invalid for award in awards):
            return Award(_ZERO, told, trace, is_invalid=True)
        points = self._points(awards)
        return Award(
            points,
            f"{told} Together ({self._described}): {of_points(points, self.maximum())}.",
            trace,
        )

    def _points(self, awards: list[Award]) -> Fraction:
        pairs = list(zip(self.parts, awards, strict=True))
        combined = _COMBINED.get(self.combine)
        if combined is not None:
            return combined(_worth(award) * part.item.weight for part, award in pairs)
        full = sum(_worth(award) >= part.item.maximum() for part, award in pairs)
        needed = len(self.parts) if self.count is None else self.count
        return self.maximum() if full >= needed else _ZERO

    @property
    def _described(self) -> str:
        return self.combine if self.count is None else f"at least {self.count} right"


def _worth(award: Award) -> Fraction:
    return _ZERO if award.is_invalid else award.points


def _told(award: Award) -> str:
    return f"{award.explanation.rstrip('.')} (invalid)." if award.is_invalid else award.explanation


def _step(award: Award) -> Json:
    points = None if award.unfinished else exact_text(_worth(award))
    return {"points": points, **award.trace}
