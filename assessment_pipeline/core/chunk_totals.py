"""Chunk totals: the item scores of many sessions summed, each distinct sum turned into text once.

Pure. Points are summed as integers over a common denominator, which is exact and fast, as long as
that stays small; where denominators have too little in common, each session is summed by itself.
What a sum comes to is said by `totals`, and remembered. Property tests hold both ways equal to
the sums of Fractions.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import chain
from typing import Final, NamedTuple

from assessment_pipeline.core.item_scores import ItemScore, ItemStatus
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.rubrics.catalogue import RubricVersion
from assessment_pipeline.core.score_runs import Subscore
from assessment_pipeline.core.totals import SessionTotal, total_from_sums, total_score

_ZERO = Fraction(0)
# Points are a few dozen bits. With a denominator of its own for each of a chunk's responses, the
# common one has as many bits as all of them, and every response would be packed into as many.
_MOST_BITS: Final = 256


class TotalTexts(NamedTuple):
    """What a session came to, with exact text for points."""

    status: str
    raw_score: str | None
    raw_score_exact: str | None
    max_score: str | None
    scale_score: str | None
    performance_level: str | None
    late_penalty: str | None
    subscores: list[Subscore]


VOIDED: TotalTexts = TotalTexts("voided", None, None, None, None, None, None, [])


class _Kind(NamedTuple):
    """What decides of an item score beside its points."""

    status: ItemStatus
    dimensions: tuple[str, ...]


class _Lanes:
    """Several integers side by side in one, so that all their sums are made in one go.

    Each has as many bits as a sum needs, its sign included.
    """

    def __init__(self, largest: int, terms: int) -> None:
        """Make lanes for sums of up to so many terms, none larger than `largest` either way."""
        self._bits = (largest * max(terms, 1)).bit_length() + 1
        self._half = 1 << (self._bits - 1)
        self._mask = (1 << self._bits) - 1

    def packed(self, numbers: Iterable[int]) -> int:
        """Return numbers in one; sums of such are the sums of the numbers, packed."""
        return sum(number << (lane * self._bits) for lane, number in enumerate(numbers))

    def unpacked(self, packed: int, lanes: int) -> list[int]:
        """Return the numbers of so many lanes."""
        numbers = []
        for _ in range(lanes):
            number = ((packed + self._half) & self._mask) - self._half
            numbers.append(number)
            packed = (packed - number) >> self._bits
        return numbers


class _PackedPoints:
    """The points of a chunk's evaluations over one denominator: raw and maximum of each, packed.

    After those of the total, those of each dimension.
    """

    def __init__(self, scores: Sequence[ItemScore], most_items: int, denominator: int) -> None:
        """Bring the points of all scores to a denominator that is common to them."""
        self.denominator = denominator
        self.dimensions = sorted({name for score in scores for name in score.dimensions})
        kinds: dict[_Kind, int] = {}
        self.kind_of = [
            kinds.setdefault(_Kind(score.item_status, score.dimensions), len(kinds))
            for score in scores
        ]
        self.kinds = list(kinds)
        pairs = [(_ratio(score.raw_score), _ratio(score.max_score)) for score in scores]
        units = {pair: tuple(map(self._units, pair)) for pair in set(pairs)}
        largest = max((abs(each) for pair in units.values() for each in pair), default=0)
        self._lanes = _Lanes(largest, most_items)
        packed = {
            (pair, kind): self._lanes.packed(
                chain(units[pair], *map(_counted(units[pair], self.kinds[kind]), self.dimensions))
            )
            for pair, kind in set(zip(pairs, self.kind_of, strict=True))
        }
        self._points = [packed[key] for key in zip(pairs, self.kind_of, strict=True)]

    def _units(self, ratio: tuple[int, int]) -> int:
        """Return points as an integer number of 1/denominator."""
        return ratio[0] * (self.denominator // ratio[1])

    def sums(self, numbers: Sequence[int]) -> list[int]:
        """Return the sums over some evaluations, in the order that they are packed in."""
        packed = sum(map(self._points.__getitem__, numbers))
        return self._lanes.unpacked(packed, 2 + 2 * len(self.dimensions))


class ChunkTotals:
    """Totals over the item scores of one chunk, which sessions name by their numbers."""

    def __init__(self, scores: Sequence[ItemScore], most_items: int) -> None:
        """Prepare for summing.

        Args:
            scores: those of the chunk.
            most_items: how many of them a session names at most.
        """
        self._scores = scores
        self._packed = _packed_points(scores, most_items)
        self._totals: dict[tuple[object, ...], TotalTexts] = {}
        self._subscores: dict[tuple[str, int, int], Subscore] = {}

    def total(
        self, own: RubricVersion | None, numbers: Sequence[int], seconds_late: Fraction = _ZERO
    ) -> TotalTexts:
        """Return the total of a session, which is not voided, that has these evaluations."""
        if self._packed is not None:
            return self._packed_total(self._packed, own, numbers, seconds_late)
        scores = map(self._scores.__getitem__, numbers)
        return _texts(total_score(own.rubric if own else None, scores, seconds_late=seconds_late))

    def _packed_total(
        self,
        packed: _PackedPoints,
        own: RubricVersion | None,
        numbers: Sequence[int],
        seconds_late: Fraction,
    ) -> TotalTexts:
        raw, maximum, *by_dimension = packed.sums(numbers)
        kinds = frozenset(map(packed.kind_of.__getitem__, numbers))
        late = seconds_late.as_integer_ratio()
        key = (None if own is None else own.content_hash, raw, maximum, kinds, late)
        total = self._totals.get(key)
        if total is None:
            # Its subscores are named, and not yet summed.
            of_items = [packed.kinds[number] for number in kinds]
            total = self._totals[key] = _texts(
                total_from_sums(
                    own.rubric if own else None,
                    raw_sum=Fraction(raw, packed.denominator),
                    max_sum=Fraction(maximum, packed.denominator),
                    subscore_sums={n: (_ZERO, _ZERO) for kind in of_items for n in kind.dimensions},
                    item_statuses={kind.status for kind in of_items},
                    seconds_late=seconds_late,
                )
            )
        pairs = zip(by_dimension[::2], by_dimension[1::2], strict=True)
        sums = dict(zip(packed.dimensions, pairs, strict=True))
        return total._replace(
            subscores=[
                self._subscore(each.dimension, sums.get(each.dimension, (0, 0)), packed.denominator)
                for each in total.subscores
            ]
        )

    def _subscore(self, dimension: str, sums: tuple[int, int], denominator: int) -> Subscore:
        key = (dimension, *sums)
        known = self._subscores.get(key)
        if known is None:
            raw, maximum = (exact_text(Fraction(each, denominator)) for each in sums)
            known = self._subscores[key] = Subscore(dimension, raw, maximum)
        return known


def _packed_points(scores: Sequence[ItemScore], most_items: int) -> _PackedPoints | None:
    """Return the points of scores over one denominator; None if they would take too many bits."""
    common = 1
    for score in scores:
        for numerator, denominator in map(_ratio, (score.raw_score, score.max_score)):
            common = math.lcm(common, denominator)
            if max(common.bit_length(), numerator.bit_length()) > _MOST_BITS:
                return None
    return _PackedPoints(scores, most_items, common)


def _texts(total: SessionTotal) -> TotalTexts:
    return TotalTexts(
        status=total.status,
        raw_score=optional_text(total.raw_score),
        raw_score_exact=optional_text(total.raw_score_exact),
        max_score=optional_text(total.max_score),
        scale_score=total.scale_score,
        performance_level=total.performance_level,
        late_penalty=optional_text(total.late_penalty),
        subscores=[
            Subscore(each.dimension, exact_text(each.raw_score), exact_text(each.max_score))
            for each in total.subscores
        ],
    )


def _ratio(points: Fraction | None) -> tuple[int, int]:
    """Return numerator and denominator; nothing counts as none."""
    return (0, 1) if points is None else points.as_integer_ratio()


def _counted(units: tuple[int, ...], kind: _Kind) -> Callable[[str], tuple[int, ...]]:
    """Return what says how much an item of a kind adds to a dimension."""
    return lambda dimension: units if dimension in kind.dimensions else (0, 0)


def optional_text(points: Fraction | None) -> str | None:
    """Return points exactly, and nothing for none."""
    return None if points is None else exact_text(points)
