"""ordering: items put in an order, with partial credit.

With n items in the correct order the methods give, as a part of the points,

- all_or_nothing: 1 if the response is the correct order, else 0
- absolute: items at their place, of n
- next_excl_last: items followed by the right one, of the n - 1 that one follows
- next_incl_last: the same of n; nothing must follow the last one
- one_prev_next: right neighbours before and after each item (none before the first and after
  the last), of 2n
- all_prev_next: for each item, those rightly before and rightly after it, of n(n - 1)
- longest_ordered: the longest increasing subsequence, of n; below 2 counts 0
- longest_contiguous: the longest run of items that follow each other in the response as in the
  correct order, of n; below 2 counts 0
- relative_to_correct: for each item n - 1 less its distance from its place, of n(n - 1)
- kendall: pairs in the right order, of all n(n - 1)/2 pairs: (tau + 1)/2 of Kendall's tau

The first nine are the grading types of Moodle's `qtype_ordering` (gbateson/moodle-qtype_ordering,
question.php). Two differ where that code and its own description part: longest_ordered is the
true longest one, and longest_contiguous allows nothing in between.

Moodle's widget always returns every item once; a delivery need not. An item that is no item of
the question, and a repetition of one, hold their place but are nothing: they are at no place,
follow nothing, and form no pair; where two items stand with such a thing between, they do not
follow each other. A missing item earns nothing and stays in the denominator.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from assessment_pipeline.core.responses import ItemResponse, value_texts
from assessment_pipeline.core.rules.base import (
    Award,
    Finding,
    ItemRule,
    listed,
    no_response,
    of_points,
    quoted,
)
from assessment_pipeline.core.rules.fields import Text

OrderingMethod: TypeAlias = Literal[
    "all_or_nothing",
    "absolute",
    "next_excl_last",
    "next_incl_last",
    "one_prev_next",
    "all_prev_next",
    "longest_ordered",
    "longest_contiguous",
    "relative_to_correct",
    "kendall",
]
Ranks: TypeAlias = Sequence[int | None]
"""The correct rank, from 0, of what stands at each place; None for what is no item or repeated."""

_ITEMS_LEAST = 2
_ITEMS_MOST = 1_000
_RUN_LEAST = 2


class Ordering(ItemRule):
    """Part of the points by how the order of the response agrees with the correct one."""

    rule: Literal["ordering"]
    correct: Annotated[tuple[Text, ...], Field(min_length=_ITEMS_LEAST, max_length=_ITEMS_MOST)]
    method: OrderingMethod = "all_or_nothing"

    @cached_property
    def _ranks(self) -> Mapping[str, int]:
        return {text: rank for rank, text in enumerate(self.correct)}

    def problems(self) -> Iterator[Finding]:
        """Yield items that are named twice."""
        for index, text in enumerate(self.correct):
            if text in self.correct[:index]:
                yield Finding(
                    ("correct", index), f"{quoted(text)} is named twice", "give each item one name"
                )

    def _judge(self, response: ItemResponse) -> Award:
        texts = value_texts(response.value)
        if not texts:
            return no_response()
        ranks: list[int | None] = []
        places: dict[int, int] = {}
        for place, text in enumerate(texts):
            rank = self._ranks.get(text)
            is_item = rank is not None and rank not in places
            ranks.append(rank if is_item else None)
            if rank is not None and is_item:
                places[rank] = place
        right, whole = _COUNTS[self.method](ranks, places, len(self.correct))
        points = self.maximum() * Fraction(right, whole)
        return Award(
            points,
            self._explanation(texts, places, (right, whole), points),
            {
                "method": self.method,
                "right": right,
                "of": whole,
                "missing": len(self.correct) - len(places),
                "no_item": len(texts) - len(places),
            },
        )

    def _explanation(
        self,
        texts: Sequence[str],
        places: Mapping[int, int],
        share: tuple[int, int],
        points: Fraction,
    ) -> str:
        right, whole = share
        found = f"{right} of {whole} {_COUNTED[self.method]}"
        missing = [text for rank, text in enumerate(self.correct) if rank not in places]
        notes = [f"missing {listed(missing)}"] if missing else []
        if len(texts) > len(places):
            notes.append(f"{len(texts) - len(places)} of the response are no item, or repeated")
        noted = f" ({'; '.join(notes)})" if notes else ""
        return f"{found}{noted}: {of_points(points, self.maximum())} ({self.method})."


_COUNTED: Mapping[OrderingMethod, str] = {
    "all_or_nothing": "whole orders correct",
    "absolute": "items at their place",
    "next_excl_last": "items followed by the right one",
    "next_incl_last": "items followed by the right one",
    "one_prev_next": "neighbours right",
    "all_prev_next": "items rightly before or after another",
    "longest_ordered": "items in the longest right sequence",
    "longest_contiguous": "items in the longest unbroken right sequence",
    "relative_to_correct": "steps of nearness to the right place",
    "kendall": "pairs in the right order",
}

_Places: TypeAlias = Mapping[int, int]
"""Where the item of each rank stands, from 0; missing items are not in it."""
_Share: TypeAlias = tuple[int, int]


def _all_or_nothing(ranks: Ranks, _: _Places, count: int) -> _Share:
    return int(list(ranks) == list(range(count))), 1


def _absolute(_: Ranks, places: _Places, count: int) -> _Share:
    return sum(rank == place for rank, place in places.items()), count


def _next_excl_last(ranks: Ranks, places: _Places, count: int) -> _Share:
    return _followed(ranks, places), count - 1


def _next_incl_last(ranks: Ranks, places: _Places, count: int) -> _Share:
    return _followed(ranks, places) + _is_end(ranks, places, count), count


def _one_prev_next(ranks: Ranks, places: _Places, count: int) -> _Share:
    # A pair of right neighbours is right for both.
    ends = (places.get(0) == 0) + _is_end(ranks, places, count)
    return 2 * _followed(ranks, places) + ends, 2 * count


def _all_prev_next(ranks: Ranks, _: _Places, count: int) -> _Share:
    return 2 * _concordant(ranks), count * (count - 1)


def _longest_ordered(ranks: Ranks, _: _Places, count: int) -> _Share:
    tails: list[int] = []
    for rank in ranks:
        if rank is not None:
            tails[(place := bisect_left(tails, rank)) : place + 1] = [rank]
    return _from_two(len(tails)), count


def _longest_contiguous(ranks: Ranks, _: _Places, count: int) -> _Share:
    longest = run = 0
    before: int | None = None
    for rank in ranks:
        is_next = rank is not None and before is not None and rank == before + 1
        run = run + 1 if is_next else int(rank is not None)
        longest = max(longest, run)
        before = rank
    return _from_two(longest), count


def _relative_to_correct(_: Ranks, places: _Places, count: int) -> _Share:
    near = sum(max(0, count - 1 - abs(rank - place)) for rank, place in places.items())
    return near, count * (count - 1)


def _kendall(ranks: Ranks, _: _Places, count: int) -> _Share:
    return _concordant(ranks), count * (count - 1) // 2


_COUNTS = {
    "all_or_nothing": _all_or_nothing,
    "absolute": _absolute,
    "next_excl_last": _next_excl_last,
    "next_incl_last": _next_incl_last,
    "one_prev_next": _one_prev_next,
    "all_prev_next": _all_prev_next,
    "longest_ordered": _longest_ordered,
    "longest_contiguous": _longest_contiguous,
    "relative_to_correct": _relative_to_correct,
    "kendall": _kendall,
}


def _followed(ranks: Ranks, places: _Places) -> int:
    """Count the items with the right one straight after them."""
    return sum(
        place + 1 < len(ranks) and ranks[place + 1] == rank + 1 for rank, place in places.items()
    )


def _is_end(ranks: Ranks, places: _Places, count: int) -> bool:
    return places.get(count - 1) == len(ranks) - 1


def _concordant(ranks: Ranks) -> int:
    """Count the pairs in the right order, by insertion into those seen."""
    seen: list[int] = []
    pairs = 0
    for rank in ranks:
        if rank is not None:
            place = bisect_left(seen, rank)
            pairs += place
            seen.insert(place, rank)
    return pairs


def _from_two(length: int) -> int:
    return length if length >= _RUN_LEAST else 0
