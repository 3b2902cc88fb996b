"""Agreement of raters, held against a published example and exact arithmetic."""

from fractions import Fraction

import pytest

from assessment_pipeline.core.statistics.agreement import CriterionLevels, Rated, agreement
from assessment_pipeline.core.statistics.results import Agreement

# Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, table 18.1.
FLEISS = ((75, 1, 4), (5, 4, 1), (0, 0, 10))


def pairs_of(
    table: tuple[tuple[int, ...], ...], *, kinds: tuple[str, str] = ("human", "human")
) -> list[Rated]:
    ratings = []
    number = 0
    for first, counts in enumerate(table):
        for second, count in enumerate(counts):
            for _ in range(count):
                ratings.append(Rated(number, "essay", "style", kinds[0], "r1", first))
                ratings.append(Rated(number, "essay", "style", kinds[1], "r2", second))
                number += 1
    return ratings


def levels(*points: float) -> list[CriterionLevels]:
    return [CriterionLevels("essay", "style", points)]


def of(ratings: list[Rated], *points: float) -> Agreement:
    (found,) = agreement(ratings, levels(*points))
    return found


def exact_weighted(table: tuple[tuple[int, ...], ...], points: tuple[int, ...]) -> Fraction:
    n = sum(map(sum, table))
    rows = [sum(row) for row in table]
    columns = [sum(column) for column in zip(*table, strict=True)]
    observed = expected = Fraction(0)
    for i, first in enumerate(points):
        for j, second in enumerate(points):
            weight = (first - second) ** 2
            observed += Fraction(weight * table[i][j], n)
            expected += Fraction(weight * rows[i] * columns[j], n * n)
    return 1 - observed / expected


def test_kappa_is_the_published_one() -> None:
    found = of(pairs_of(FLEISS), 0, 1, 2)
    assert found.pairs == 100
    assert found.exact == 0.89
    assert found.adjacent == 0.96
    assert found.kappa == pytest.approx(0.23 / 0.34, abs=1e-12)


@pytest.mark.parametrize("points", [(0, 1, 2), (0, 1, 5)])
def test_quadratic_kappa_weighs_by_the_points_of_levels(points: tuple[int, ...]) -> None:
    found = of(pairs_of(FLEISS), *points)
    expected = float(exact_weighted(FLEISS, points))
    assert found.quadratic_kappa == pytest.approx(expected, abs=1e-12)


def test_the_mean_difference_is_the_seconds_points_less_the_firsts() -> None:
    assert of(pairs_of(FLEISS), 0, 1, 2).mean_difference == pytest.approx(
        (1 * 1 + 4 * 2 - 5 * 1 + 1 * 1) / 100
    )


def test_the_human_rater_is_the_first_of_a_pair() -> None:
    found = of(pairs_of(((0, 4), (0, 1)), kinds=("machine", "human")), 0, 1)
    assert found.kinds == "human-machine"
    assert found.mean_difference == -0.8


def test_kinds_of_raters_are_told_apart() -> None:
    ratings = pairs_of(((2, 1), (1, 2)))
    ratings += [Rated(each, "essay", "style", "machine", "m", 1) for each in range(6)]
    found = agreement(ratings, levels(0, 1))
    assert [(each.kinds, each.pairs) for each in found] == [
        ("human-human", 6),
        ("human-machine", 12),
    ]


def test_of_a_rater_who_rated_twice_the_later_rating_counts() -> None:
    again = [Rated(0, "essay", "style", "human", "r1", 1)]
    assert of([*pairs_of(((0, 1), (0, 0))), *again], 0, 1).exact == 1


def test_where_all_ratings_are_of_one_level_kappa_is_not_defined() -> None:
    found = of(pairs_of(((5, 0), (0, 0))), 0, 1)
    assert (found.exact, found.kappa, found.quadratic_kappa) == (1, None, None)


def test_levels_of_the_same_points_have_no_weighted_kappa() -> None:
    found = of(pairs_of(((2, 1), (1, 2))), 1, 1)
    assert found.kappa == pytest.approx(1 / 3)
    assert found.quadratic_kappa is None


def test_where_nobody_rated_twice_or_the_criterion_is_another_there_is_nothing() -> None:
    assert agreement(pairs_of(FLEISS)[::2], levels(0, 1, 2)) == []
    assert agreement(pairs_of(FLEISS), [CriterionLevels("essay", "content", (0, 1))]) == []
