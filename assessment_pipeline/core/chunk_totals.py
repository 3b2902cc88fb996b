"""Chunk totals: the item scores of many sessions summed, each distinct sum turned into text once.

Pure. Points are summed as integers over a common denominator, which is exact and fast; what a sum
comes to is said by `totals`, and remembered. A property test holds the sums equal to those of
Fractions.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import chain
from typing import NamedTuple

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.item_scores import ItemScore, ItemStatus
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.rubrics.catalogue import RubricVersion
from assessment_pipeline.core.score_runs import Subscore
from assessment_pipeline.core.totals import total_from_sums

_ZERO = Fraction(0)


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


class ChunkTotals:
    """Totals over the item scores of one chunk, which sessions name by their numbers."""

    def __init__(self, scores: Sequence[ItemScore], most_items: int) -> None:
        """Bring the points of all scores to their common denominator.

        Args:
            scores: those of the chunk.
            most_items: how many of them a session names at most.
        """
        pairs = [(_ratio(score.raw_score), _ratio(score.max_score)) for score in scores]
        self._denominator = math.lcm(*{ratio[1] for pair in set(pairs) for ratio in pair})
        self._dimensions = sorted({name for score in scores for name in score.dimensions})
        kinds: dict[_Kind, int] = {}
        self._kind_of = [
            kinds.setdefault(_Kind(score.item_status, score.dimensions), len(kinds))
            for score in scores
        ]
        self._kinds = list(kinds)
        units = {pair: tuple(map(self._units, pair)) for pair in set(pairs)}
        largest = max((abs(each) for pair in units.values() for each in pair), default=0)
        self._lanes = _Lanes(largest, most_items)
        # Raw and maximum of the total, then of each dimension.
        packed = {
            (pair, kind): self._lanes.packed(
                chain(units[pair], *map(_counted(units[pair], self._kinds[kind]), self._dimensions))
            )
            for pair, kind in set(zip(pairs, self._kind_of, strict=True))
        }
        self._points = [packed[key] for key in zip(pairs, self._kind_of, strict=True)]
        self._totals: dict[tuple[object, ...], TotalTexts] = {}
        self._subscores: dict[tuple[str, int, int], Subscore] = {}

    def _units(self, ratio: tuple[int, int]) -> int:
        """Return points as an integer number of 1/denominator."""
        return ratio[0] * (self._denominator // ratio[1])

    def total(
        self,
        own: RubricVersion | None,
        numbers: Sequence[int],
        session_status: str,
        seconds_late: Fraction = _ZERO,
    ) -> TotalTexts:
        """Return the total of a session that has these evaluations."""
        packed = sum(map(self._points.__getitem__, numbers))
        raw, maximum, *by_dimension = self._lanes.unpacked(packed, 2 + 2 * len(self._dimensions))
        kinds = frozenset(map(self._kind_of.__getitem__, numbers))
        late = seconds_late.as_integer_ratio()
        key = (None if own is None else own.content_hash, raw, maximum, kinds, session_status, late)
        total = self._totals.get(key)
        if total is None:
            total = self._totals[key] = self._total(
                own, (raw, maximum), kinds, session_status, seconds_late
            )
        sums = dict(
            zip(
                self._dimensions,
                zip(by_dimension[::2], by_dimension[1::2], strict=True),
                strict=True,
            )
        )
        return total._replace(
            subscores=[
                self._subscore(each.dimension, *sums.get(each.dimension, (0, 0)))
                for each in total.subscores
            ]
        )

    def _total(
        self,
        own: RubricVersion | None,
        sums: tuple[int, int],
        kinds: frozenset[int],
        session_status: str,
        seconds_late: Fraction,
    ) -> TotalTexts:
        """Return a total whose subscores are named, and not yet summed."""
        raw, maximum = sums
        of_items = [self._kinds[number] for number in kinds]
        dimensions = {name: (_ZERO, _ZERO) for kind in of_items for name in kind.dimensions}
        total = total_from_sums(
            own.rubric if own else None,
            raw_sum=Fraction(raw, self._denominator),
            max_sum=Fraction(maximum, self._denominator),
            subscore_sums=dimensions,
            item_statuses={kind.status for kind in of_items},
            session_status=session_status,
            seconds_late=seconds_late,
        )
        return TotalTexts(
            status=total.status,
            raw_score=optional_text(total.raw_score),
            raw_score_exact=optional_text(total.raw_score_exact),
            max_score=optional_text(total.max_score),
            scale_score=total.scale_score,
            performance_level=total.performance_level,
            late_penalty=optional_text(total.late_penalty),
            subscores=[Subscore(each.dimension, "0", "0") for each in total.subscores],
        )

    def _subscore(self, dimension: str, raw: int, maximum: int) -> Subscore:
        key = (dimension, raw, maximum)
        known = self._subscores.get(key)
        if known is None:
            known = self._subscores[key] = Subscore(
                dimension,
                exact_text(Fraction(raw, self._denominator)),
                exact_text(Fraction(maximum, self._denominator)),
            )
        return known


def _ratio(points: Fraction | None) -> tuple[int, int]:
    """Return numerator and denominator; nothing counts as none."""
    return (0, 1) if points is None else points.as_integer_ratio()


def _counted(units: tuple[int, ...], kind: _Kind) -> Callable[[str], tuple[int, ...]]:
    """Return what says how much an item of a kind adds to a dimension."""
    return lambda dimension: units if dimension in kind.dimensions else (0, 0)


def subscore_json(subscore: Subscore) -> dict[str, Json]:
    """Return a subscore as it stands in a result."""
    return subscore._asdict()


def optional_text(points: Fraction | None) -> str | None:
    """Return points exactly, and nothing for none."""
    return None if points is None else exact_text(points)
