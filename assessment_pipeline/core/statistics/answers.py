"""Answers: the scored responses of many candidates to one assessment, as arrays.

A row a candidate, a column an item. Points stand as whole numbers of a small unit, a common
denominator of them all, so that sums are exact and equal totals are equal floats: 0.1 + 0.2 is
0.3. What is measured on them stands in the other modules; where they come from is
`services.statistics_input`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Booleans: TypeAlias = NDArray[np.bool_]
Texts: TypeAlias = NDArray[np.object_]

NOT_PRESENTED: Final = "not_presented"
PLACES: Final = 12
"""To which a quotient of floats is rounded before it is compared: the rest is noise."""


@dataclass(frozen=True)
class ItemKey:
    """What the rubric says of an item that statistics need."""

    item_id: str
    rule: str | None
    options: tuple[str, ...] = ()
    """Options that the rubric names, the keys among them; empty if the item is not closed."""
    keys: frozenset[str] = frozenset()
    """The right ones: the best if one is chosen, all that are worth something if several are."""
    is_closed: bool = False
    """Whether what was chosen may be told: an item with options, never a text."""


@dataclass(frozen=True)
class Answers:
    """The responses of the candidates that count, each scored.

    `scores` and `maxima` are points after weight, in units of which `units_per_point` are a point;
    NaN where the item has left that candidate's total (voided, excluded). A cell of `chosen` is
    what was chosen of a closed item.
    """

    items: tuple[ItemKey, ...]
    scores: Floats
    maxima: Floats
    states: Texts
    trailing: Booleans
    positions: Floats
    """The place of the item in the delivery, from 1; NaN where it was not delivered."""
    milliseconds: Floats
    chosen: Sequence[Mapping[int, tuple[str, ...]]]
    """A mapping an item: of a row the options chosen, for rows with an answer."""
    days: tuple[str, ...]
    units_per_point: int
    groups: tuple[str | None, ...] = field(default=())

    @property
    def candidates(self) -> int:
        """How many candidates there are."""
        return int(self.scores.shape[0])

    @cached_property
    def counted(self) -> Booleans:
        """Whether the item counts in the candidate's total."""
        return ~np.isnan(self.scores)

    @cached_property
    def totals(self) -> Floats:
        """The sum of a candidate's item scores in units, before floor, rounding and penalties."""
        return np.asarray(np.nan_to_num(self.scores).sum(axis=1))

    @cached_property
    def total_maxima(self) -> Floats:
        """The sum of the maxima of the items that count for a candidate, in units."""
        return np.asarray(np.nan_to_num(self.maxima).sum(axis=1))

    @cached_property
    def total_shares(self) -> Floats:
        """Each total as a share of its own maximum; NaN where that is 0."""
        return shares_of(self.totals, self.total_maxima)

    @cached_property
    def scoring_items(self) -> tuple[int, ...]:
        """The columns that count for anybody and are worth something."""
        worth = np.nan_to_num(self.maxima).max(axis=0, initial=0.0) > 0
        return tuple(int(place) for place in np.flatnonzero(worth & self.counted.any(axis=0)))

    @cached_property
    def complete(self) -> Booleans:
        """The rows for which all scoring items count."""
        return np.asarray(self.counted[:, list(self.scoring_items)].all(axis=1))

    @cached_property
    def has_one_form(self) -> bool:
        """Whether the total has the same maximum for everybody."""
        return self.candidates > 0 and bool((self.total_maxima == self.total_maxima[0]).all())

    def is_dichotomous(self, place: int) -> bool:
        """Tell whether an item gives full credit or none, and full credit is the same for all."""
        counted = self.counted[:, place]
        scores, maxima = self.scores[counted, place], self.maxima[counted, place]
        if not len(scores) or maxima[0] <= 0 or (maxima != maxima[0]).any():
            return False
        return bool(((scores == 0) | (scores == maxima[0])).all())

    def rest_shares(self, place: int) -> Floats:
        """Return totals without one item, as shares of their maxima.

        Where all have the same items, a correlation with it is that with the points themselves.
        """
        rest = self.totals - np.nan_to_num(self.scores[:, place])
        return shares_of(rest, self.total_maxima - np.nan_to_num(self.maxima[:, place]))


def shares_of(points: Floats, maxima: Floats) -> Floats:
    """Return points as shares of maxima; NaN where the maximum is 0.

    Of whole numbers equal shares are equal floats: a division is rounded once.
    """
    found = np.full(points.shape, np.nan)
    np.divide(points, maxima, out=found, where=maxima > 0)
    return found


def deviation(values: Floats) -> float | None:
    """Return the sample standard deviation: exactly 0 if nothing varies; None of fewer than two."""
    if len(values) < 2:
        return None
    return float(values.std(ddof=1)) if np.ptp(values) > 0 else 0.0


def correlation(first: Floats, second: Floats) -> float | None:
    """Return Pearson's correlation over the pairs that are there; None if one never varies.

    Rounded to twelve places, so that none is 0 and not what floats leave of it.

    >>> correlation(np.array([1.0, 2.0, np.nan, 3.0]), np.array([2.0, 4.0, 9.0, 6.0]))
    1.0
    """
    both = ~(np.isnan(first) | np.isnan(second))
    one, other = first[both], second[both]
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    one, other = one - one.mean(), other - other.mean()
    product = float(one @ other) / float(np.sqrt((one @ one) * (other @ other)))
    # Adding 0.0 makes of -0.0, which is the same number, 0.0.
    return max(-1.0, min(1.0, round(product, PLACES) + 0.0))
