"""Builders of answers for tests of statistics, and plain exact arithmetic to hold them against."""

from collections.abc import Sequence
from fractions import Fraction
from math import sqrt

from assessment_pipeline.core.statistics.answers import Answers, ItemKey
from assessment_pipeline.core.statistics.cells import Cell, Row, arrays
from assessment_pipeline.samples import lsat6_pattern_counts

Number = int | float | Fraction | None


def keys(count: int, **fields: object) -> list[ItemKey]:
    return [ItemKey(f"q{number}", "match_correct", **fields) for number in range(1, count + 1)]  # type: ignore[arg-type]


def row(
    scores: Sequence[Number],
    *,
    maxima: Sequence[Number] | None = None,
    states: Sequence[str] | None = None,
    values: Sequence[tuple[str, ...]] | None = None,
    milliseconds: Sequence[int | None] | None = None,
    trailing: Sequence[str] = (),
    day: str = "2025-11-20",
    group: str | None = None,
) -> Row:
    """Return a candidate's row of items q1, q2, ...; a score of None: the item does not count."""
    count = len(scores)
    cells = [
        Cell(
            f"q{number + 1}",
            _points(scores[number]),
            None if scores[number] is None else _points((maxima or [1] * count)[number]),
            (states or ["answered"] * count)[number],
            (values or [()] * count)[number],
        )
        for number in range(count)
    ]
    return Row(
        cells,
        milliseconds or [None] * count,
        {cell.item_id: place for place, cell in enumerate(cells, start=1)},
        frozenset(trailing),
        day,
        group,
    )


def _points(number: Number) -> Fraction | None:
    """Return points as a rubric means them: 0.1 is a tenth."""
    return None if number is None else Fraction(str(number))


def answers_of(rows: Sequence[Row], **fields: object) -> Answers:
    return arrays(keys(len(rows[0].cells), **fields), rows)


def scores_of(matrix: Sequence[Sequence[Number]], **fields: object) -> Answers:
    return answers_of([row(scores, **fields) for scores in matrix])  # type: ignore[arg-type]


def lsat6() -> list[list[int]]:
    """Return the real answers of the 1,000 examinees."""
    return [
        [int(answer) for answer in pattern]
        for pattern, count in lsat6_pattern_counts()
        for _ in range(count)
    ]


def mean(values: Sequence[Number]) -> Fraction:
    return sum((Fraction(value or 0) for value in values), Fraction(0)) / len(values)


def covariance(first: Sequence[Number], second: Sequence[Number]) -> Fraction:
    """Return the population covariance, exactly."""
    one, other = mean(first), mean(second)
    pairs = zip(first, second, strict=True)
    return mean([(Fraction(a or 0) - one) * (Fraction(b or 0) - other) for a, b in pairs])


def exact_alpha(matrix: Sequence[Sequence[Number]]) -> Fraction:
    items = list(zip(*matrix, strict=True))
    totals = [sum((Fraction(each or 0) for each in scores), Fraction(0)) for scores in matrix]
    of_items = sum((covariance(item, item) for item in items), Fraction(0))
    count = Fraction(len(items))
    return count / (count - 1) * (1 - of_items / covariance(totals, totals))


def exact_correlation(first: Sequence[Number], second: Sequence[Number]) -> float:
    """Return a correlation, exact up to its one square root."""
    both = covariance(first, second)
    square = both**2 / (covariance(first, first) * covariance(second, second))
    return sqrt(square) * (1 if both > 0 else -1)
