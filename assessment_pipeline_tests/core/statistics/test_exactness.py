"""Noise of floats is no result: what is equal, constant or zero exactly is told as that."""

from fractions import Fraction
from itertools import permutations

import pytest

from assessment_pipeline.core.statistics.answers import Answers
from assessment_pipeline.core.statistics.distractors import score_groups
from assessment_pipeline.core.statistics.items import discrimination, mean_and_deviation
from assessment_pipeline.core.statistics.reliability import reliability
from assessment_pipeline.core.statistics.scores import scores
from assessment_pipeline.core.statistics.summary import Subject, summarise
from assessment_pipeline_tests.core.statistics.answer_builders import (
    Number,
    answers_of,
    row,
    scores_of,
)


def worth(*points: Number, matrix: list[list[int]]) -> Answers:
    """Return answers that are right or wrong to items of some worth."""
    return answers_of(
        [
            row(
                [
                    Fraction(str(each)) * is_right
                    for each, is_right in zip(points, taken, strict=True)
                ],
                maxima=points,
            )
            for taken in matrix
        ]
    )


def test_items_that_agree_in_all_have_an_alpha_of_1_and_no_error() -> None:
    found = reliability(scores_of([[1, 1, 1]] * 2 + [[0, 0, 0]] * 13))
    assert (found.alpha, found.kr20, found.sem) == (1, 1, 0)


def test_a_rest_that_is_the_same_for_all_correlates_with_nothing() -> None:
    answers = worth(0.2, 0.1, matrix=[[place % 2, 1] for place in range(9)])
    assert discrimination(answers, 0) is None
    assert mean_and_deviation(answers, 1) == pytest.approx((0.1, 0), abs=1e-15)


def test_a_total_that_is_the_same_for_all_has_no_alpha() -> None:
    parts = [Fraction(3, 10), Fraction(1, 5), Fraction(2, 3), Fraction(1, 3), Fraction(7, 10)]
    answers = scores_of(list(permutations(parts)))
    found = reliability(answers)
    assert (found.alpha, found.sem) == (None, None)
    assert [(each.score, each.n) for each in scores(answers).counts] == [(2.2, 120)]
    assert scores(answers).standard_deviation == 0


def test_equal_totals_of_different_items_are_in_one_score_group() -> None:
    ways = [[1, 1, 0, 0], [0, 0, 1, 0]] * 3 + [[1, 1, 1, 1]] * 3 + [[0, 0, 0, 0]] * 3
    answers = worth(0.1, 0.2, 0.3, 0.7, matrix=ways)
    assert [int(group.sum()) for group in score_groups(answers.total_shares)] == [3, 6, 3]


def test_no_correlation_is_no_negative_one() -> None:
    # Whatever the rest, one of three is right on the first item.
    rows = [[is_right, rest] for rest in (0, 1, 0) for is_right in (1, 0, 0)]
    answers = answers_of([row(each, maxima=[1, 3]) for each in rows])
    (first, *_) = summarise(Subject("a", "1", None, {}, {}), answers).items
    assert first.discrimination == 0
    assert [flag.code for flag in first.flags] == []


def test_points_of_many_denominators_are_rounded_to_nine_places() -> None:
    primes = [Fraction(1, each) for each in (10007, 10009, 10037, 10039, 10061)]
    answers = scores_of([[each, Fraction(1, 3)] for each in primes])
    assert answers.units_per_point == 10**9
    assert answers.scores[0, 1] == 333_333_333
    assert discrimination(answers, 0) is None


def test_of_huge_points_fewer_places_are_kept() -> None:
    answers = scores_of([[10**8 + Fraction(1, 10**12), 1], [0, 1]])
    assert answers.units_per_point == 10**7
    assert scores(answers).maximum == 10**8 + 1
    assert scores_of([[10**20 + Fraction(1, 3)]]).units_per_point == 1
