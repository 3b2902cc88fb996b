"""map_response: each value is worth what the map says.

QTI 2.1 `mapResponse`, as qti-sdk computes it: the sum over the distinct values of the response,
each by its entry, else by the default; then the bounds. `points` is the item's maximum only and
scales nothing; without it the maximum is upper_bound, else the best reachable sum.

Where QTI leaves a choice: values are distinct after comparison by base type ("A B" and "B A" are
one pair). Entries for one and the same value add up, as in qti-sdk; a case-sensitive entry goes
before one that is not. So the order of the entries never matters. No response is worth the entry
for `""` if there is one, else `blank` if given, else the default, once. Several values for a
single item are an invalid response.
"""

from collections.abc import Hashable, Iterator
from fractions import Fraction
from functools import cached_property
from typing import Literal

from pydantic import Field

from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import ItemResponse, value_texts
from assessment_pipeline.core.rules.base import (
    Award,
    Finding,
    ItemRule,
    crossed_bounds,
    quoted,
    several_values,
)
from assessment_pipeline.core.rules.fields import Exact, RubricModel, Text
from assessment_pipeline.core.rules.values import BaseType, Cardinality, base_value, value_name

_EXPLAINED_VALUES = 5


class MapEntry(RubricModel):
    """What one value is worth."""

    key: Text
    points: Exact
    case_sensitive: bool = True


class MapResponse(ItemRule):
    """The sum of what the distinct values of the response are worth, within the bounds."""

    rule: Literal["map_response"]
    entries: tuple[MapEntry, ...]
    default: Exact | None = None
    blank: Exact | None = None
    lower_bound: Exact | None = None
    upper_bound: Exact | None = None
    base_type: BaseType = Field(default="identifier")
    cardinality: Cardinality = "single"

    @cached_property
    def _default(self) -> Fraction:
        return Fraction(0) if self.default is None else self.default

    @cached_property
    def _sensitive(self) -> dict[Hashable, Fraction]:
        return self._points_by_key(is_sensitive=True)

    @cached_property
    def _insensitive(self) -> dict[Hashable, Fraction]:
        return self._points_by_key(is_sensitive=False)

    def _points_by_key(self, *, is_sensitive: bool) -> dict[Hashable, Fraction]:
        by_key: dict[Hashable, Fraction] = {}
        for entry in self.entries:
            if entry.case_sensitive is is_sensitive:
                key = self._key(entry)
                by_key[key] = by_key.get(key, Fraction(0)) + entry.points
        return by_key

    def _key(self, entry: MapEntry) -> Hashable:
        text = entry.key if entry.case_sensitive else entry.key.casefold()
        return self._value(text)

    def _value(self, text: str) -> Hashable:
        value = base_value(text, self.base_type)
        # What is no value of the base type is still one value of its own, worth the default.
        return ("no value", text) if value is None else ("value", value)

    @cached_property
    def _blank_points(self) -> Fraction:
        of_blank = [entry.points for entry in self.entries if entry.key == ""]
        if of_blank:
            return sum(of_blank, Fraction(0))
        return self._default if self.blank is None else self.blank

    @cached_property
    def _names(self) -> dict[tuple[bool, Hashable], str]:
        """Keys by whether case counts and what they are compared by; the first of equal ones."""
        keys = [((each.case_sensitive, self._key(each)), each.key) for each in self.entries]
        return dict(reversed(keys))

    def option_of(self, text: str) -> str:
        """Return the key of the entry that a text is scored by; else its own name."""
        found = self._names.get((True, self._value(text)))
        if found is None:
            found = self._names.get((False, self._value(text.casefold())))
        return value_name(text, self.base_type) if found is None else found

    def worth_of(self, text: str) -> Fraction:
        """Return what one value is worth by itself."""
        return self._worth(text)[0]

    def entry_worths(self) -> list[Fraction]:
        """Return what each value that entries name is worth."""
        return [*self._sensitive.values(), *self._insensitive.values()]

    def maximum(self) -> Fraction:
        """Return the declared points, else upper_bound, else the best reachable sum."""
        if self.points is not None:
            return self.points
        return self._best if self.upper_bound is None else self.upper_bound

    @cached_property
    def _best(self) -> Fraction:
        entry_points = self.entry_worths()
        positive = [points for points in entry_points if points > 0]
        if positive and self.cardinality != "single":
            best = sum(positive, Fraction(0))
        else:
            best = max([*entry_points, self._default, self._blank_points])
        return best if self.lower_bound is None else max(best, self.lower_bound)

    def bounds(self) -> tuple[Fraction | None, Fraction | None]:
        """Return the declared bounds."""
        return self.lower_bound, self.upper_bound

    def problems(self) -> Iterator[Finding]:
        """Yield bounds that cross, and keys that are no values."""
        yield from crossed_bounds(self.lower_bound, self.upper_bound)
        for index, entry in enumerate(self.entries):
            if entry.key != "" and base_value(entry.key, self.base_type) is None:
                yield Finding(
                    ("entries", index, "key"),
                    f"{quoted(entry.key)} is no value of base type {self.base_type}",
                    "correct the key or the base_type",
                )

    def _judge(self, response: ItemResponse) -> Award:
        texts = value_texts(response.value)
        if not texts:
            worth = exact_text(self._blank_points)
            return Award(
                self._blank_points,
                f"No response counts {worth}.",
                {"no_response": True, "sum": worth},
            )
        if self.cardinality == "single" and len(texts) > 1:
            return several_values(len(texts))
        distinct = {self._value(text): text for text in reversed(texts)}
        mapped = [(text, *self._worth(text)) for text in reversed(distinct.values())]
        total = sum((points for _, points, _ in mapped), Fraction(0))
        return Award(
            total,
            _explanation(mapped, total),
            {
                "sum": exact_text(total),
                "values": len(mapped),
                "by_default": sum(not is_entry for _, _, is_entry in mapped),
            },
        )

    def _worth(self, text: str) -> tuple[Fraction, bool]:
        """Return what a value is worth, and whether an entry says so."""
        points = self._sensitive.get(self._value(text))
        if points is None and self._insensitive:
            points = self._insensitive.get(self._value(text.casefold()))
        return (self._default, False) if points is None else (points, True)


def _explanation(mapped: list[tuple[str, Fraction, bool]], total: Fraction) -> str:
    shown = [
        f"{quoted(text)} counts {exact_text(points)}"
        + ("" if is_entry else " (no entry, so the default)")
        for text, points, is_entry in mapped[:_EXPLAINED_VALUES]
    ]
    if len(mapped) > _EXPLAINED_VALUES:
        shown.append(f"and {len(mapped) - _EXPLAINED_VALUES} more")
    together = f"; together {exact_text(total)}" if len(mapped) > 1 else ""
    return f"{', '.join(shown)}{together}."
