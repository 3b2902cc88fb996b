"""Chunk totals: the item scores of many sessions summed, each distinct sum turned into text once.

Pure. Points are summed as integers over a common denominator, which is exact and fast; what a sum
comes to is said by `totals`, and remembered. A property test holds the sums equal to those of
Fractions.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.item_scores import ItemScore, ItemStatus
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.rubrics.catalogue import RubricVersion
from assessment_pipeline.core.score_runs import Subscore
from assessment_pipeline.core.totals import dimensions_of, total_from_sums

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


class _Sums(NamedTuple):
    """Points of every evaluation, in units of the chunk."""

    raw: list[int]
    maximum: list[int]


class ChunkTotals:
    """Totals over the item scores of one chunk, which sessions name by their numbers."""

    def __init__(self, scores: Sequence[ItemScore]) -> None:
        """Bring the points of all scores to their common denominator."""
        points = [score.raw_score for score in scores] + [score.max_score for score in scores]
        self._denominator = math.lcm(*(each.denominator for each in points if each is not None))
        self._all = _Sums(
            [self._units(score.raw_score) for score in scores],
            [self._units(score.max_score) for score in scores],
        )
        self._kinds = [_Kind(score.item_status, score.dimensions) for score in scores]
        self._of_dimension = {
            name: self._counting_in(name)
            for name in sorted({name for kind in self._kinds for name in kind.dimensions})
        }
        self._totals: dict[tuple[object, ...], TotalTexts] = {}
        self._subscores: dict[tuple[str, int, int], Subscore] = {}

    def _units(self, points: Fraction | None) -> int:
        """Return points as an integer number of 1/denominator; nothing counts as none."""
        if points is None:
            return 0
        return points.numerator * (self._denominator // points.denominator)

    def _counting_in(self, dimension: str) -> _Sums:
        counts = [dimension in kind.dimensions for kind in self._kinds]
        raw, maximum = self._all
        return _Sums(
            [points * count for points, count in zip(raw, counts, strict=True)],
            [points * count for points, count in zip(maximum, counts, strict=True)],
        )

    def total(
        self,
        own: RubricVersion | None,
        numbers: Sequence[int],
        session_status: str,
        seconds_late: Fraction = _ZERO,
    ) -> TotalTexts:
        """Return the total of a session that has these evaluations."""
        kinds = {self._kinds[number] for number in numbers}
        total = self._total(own, _sum(self._all, numbers), kinds, session_status, seconds_late)
        dimensions = dimensions_of(None if own is None else own.rubric, kinds)
        subscores = [self._subscore(name, numbers) for name in dimensions]
        return total._replace(subscores=subscores)

    def _total(
        self,
        own: RubricVersion | None,
        sums: tuple[int, int],
        kinds: set[_Kind],
        session_status: str,
        seconds_late: Fraction,
    ) -> TotalTexts:
        statuses = frozenset(kind.status for kind in kinds)
        rubric_hash = None if own is None else own.content_hash
        key = (rubric_hash, *sums, statuses, session_status, seconds_late)
        known = self._totals.get(key)
        if known is None:
            known = self._totals[key] = self._new_total(
                own, sums, statuses, session_status, seconds_late
            )
        return known

    def _new_total(
        self,
        own: RubricVersion | None,
        sums: tuple[int, int],
        statuses: frozenset[ItemStatus],
        session_status: str,
        seconds_late: Fraction,
    ) -> TotalTexts:
        raw_sum, max_sum = sums
        total = total_from_sums(
            own.rubric if own else None,
            raw_sum=Fraction(raw_sum, self._denominator),
            max_sum=Fraction(max_sum, self._denominator),
            subscore_sums={},
            item_statuses=statuses,
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
            subscores=[],
        )

    def _subscore(self, dimension: str, numbers: Sequence[int]) -> Subscore:
        sums = self._of_dimension.get(dimension)
        raw, maximum = (0, 0) if sums is None else _sum(sums, numbers)
        key = (dimension, raw, maximum)
        known = self._subscores.get(key)
        if known is None:
            known = self._subscores[key] = Subscore(
                dimension,
                exact_text(Fraction(raw, self._denominator)),
                exact_text(Fraction(maximum, self._denominator)),
            )
        return known


def subscore_json(subscore: Subscore) -> dict[str, Json]:
    """Return a subscore as it stands in a result."""
    return subscore._asdict()


def optional_text(points: Fraction | None) -> str | None:
    """Return points exactly, and nothing for none."""
    return None if points is None else exact_text(points)


def _sum(points: _Sums, numbers: Sequence[int]) -> tuple[int, int]:
    raw, maximum = points
    return sum(map(raw.__getitem__, numbers)), sum(map(maximum.__getitem__, numbers))
