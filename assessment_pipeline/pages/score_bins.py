"""Score bins: the bars of a histogram of totals, which follow from the totals alone.

A bar a total, where the totals are about evenly spaced; else bins of a round width (1, 2 or 5 times
a power of ten) that begin at multiples of it, so that a bin is easy to name and none is a hairline.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import floor, log10
from typing import Final, NamedTuple

from assessment_pipeline.core.statistics.results import ScoreCount, Scores

MOST_BARS: Final = 40
_ROUND: Final = (1, 2, 5, 10)
# Quotients of floats that mean a whole number are one, to this many places.
_PLACES: Final = 9


class Bars(NamedTuple):
    """Bars by their middle, and the width that each stands for."""

    counts: Sequence[ScoreCount]
    width: float
    are_bins: bool
    """Whether a bar may stand for several totals."""


def score_bars(scores: Scores) -> Bars:
    """Return the bars of the totals: at most `MOST_BARS` and one."""
    totals = [count.score for count in scores.counts]
    smallest = min((second - first for first, second in pairwise(totals)), default=1.0)
    span = scores.maximum - scores.minimum
    if round(span / smallest, _PLACES) <= MOST_BARS:
        return Bars(scores.counts, smallest, are_bins=False)
    width = _round_width(span / MOST_BARS)
    bins: Counter[int] = Counter()
    for count in scores.counts:
        bins[floor(round(count.score / width, _PLACES))] += count.n
    counts = [ScoreCount((place + 0.5) * width, n) for place, n in sorted(bins.items())]
    return Bars(counts, width, are_bins=True)


def _round_width(least: float) -> float:
    """Return the smallest round number that is no less.

    >>> [_round_width(least) for least in (0.475, 0.1, 2.1, 1500.0)]
    [0.5, 0.1, 5.0, 2000.0]
    """
    # The power of ten may be a hair off at its borders, so the one below it is looked at too.
    exponents = (floor(log10(least)) - 1, floor(log10(least)))
    found = (float(f"{step}e{power}") for power in exponents for step in _ROUND)
    return next(width for width in found if round(width / least, _PLACES) >= 1)
