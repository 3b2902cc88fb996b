"""Agreement: how far raters who rated the same response say the same.

Of each response and criterion every pair of raters is looked at, the first being the human one,
or else the one whose id comes first; of a rater who rated twice the later rating counts. Kappa is
Cohen's (1960), the quadratic weighted one Fleiss & Cohen's (1973) with the levels' points as
scores, both of statsmodels; undefined where all ratings are of one level.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from assessment_pipeline.core.statistics.answers import Floats
from assessment_pipeline.core.statistics.results import Agreement


class Rated(NamedTuple):
    """What one rater said of one criterion of one response."""

    response: int
    """Which response it is of; any number that no other response has."""
    item_id: str
    criterion_id: str
    kind: str
    rater_id: str
    level: int
    """The place of the level among the criterion's levels."""


class CriterionLevels(NamedTuple):
    """The points of a criterion's levels, ascending."""

    item_id: str
    criterion_id: str
    points: Sequence[float]


def agreement(ratings: Iterable[Rated], criteria: Iterable[CriterionLevels]) -> list[Agreement]:
    """Return the agreement of each criterion by kinds of raters; none where nobody rated twice."""
    pairs = _pairs(ratings)
    found = []
    for criterion in criteria:
        for (item_id, criterion_id, kinds), levels in sorted(pairs.items()):
            if (item_id, criterion_id) == (criterion.item_id, criterion.criterion_id):
                found.append(_agreement(criterion, kinds, levels))
    return found


def _pairs(ratings: Iterable[Rated]) -> dict[tuple[str, str, str], list[tuple[int, int]]]:
    raters: dict[tuple[int, str, str], dict[tuple[str, str], int]] = {}
    for each in ratings:
        said = raters.setdefault((each.response, each.item_id, each.criterion_id), {})
        said[each.kind, each.rater_id] = each.level
    pairs: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    for (_, item_id, criterion_id), said in raters.items():
        # "human" sorts before "machine".
        for (one, first), (other, second) in combinations(sorted(said.items()), 2):
            key = (item_id, criterion_id, f"{one[0]}-{other[0]}")
            pairs.setdefault(key, []).append((first, second))
    return pairs


def _agreement(
    criterion: CriterionLevels, kinds: str, pairs: Sequence[tuple[int, int]]
) -> Agreement:
    first, second = np.array(pairs).T
    points = np.array(criterion.points, dtype=np.float64)
    table = np.zeros((len(points), len(points)))
    np.add.at(table, (first, second), 1)
    return Agreement(
        item_id=criterion.item_id,
        criterion_id=criterion.criterion_id,
        kinds=kinds,
        pairs=len(pairs),
        exact=float((first == second).mean()),
        adjacent=float((abs(first - second) <= 1).mean()),
        kappa=_kappa(table, None),
        quadratic_kappa=_kappa(table, points),
        mean_difference=float((points[second] - points[first]).mean()),
    )


def _kappa(table: Floats, points: Floats | None) -> float | None:
    from statsmodels.stats.inter_rater import cohens_kappa  # noqa: PLC0415 - heavy

    used = np.flatnonzero(table.sum(axis=0) + table.sum(axis=1))
    # Levels that nobody gave say nothing; with one level there is no agreement beyond chance.
    table = table[np.ix_(used, used)]
    if points is None:
        return float(cohens_kappa(table, return_results=False)) if len(used) > 1 else None
    scores = points[used]
    if len(used) < 2 or scores[0] == scores[-1]:
        return None
    return float(cohens_kappa(table, weights=scores, wt="quadratic", return_results=False))
