"""Difficulty, discrimination, missing responses and times of items."""

from fractions import Fraction

import numpy as np
import pytest

from assessment_pipeline.core.statistics import items
from assessment_pipeline.core.statistics.answers import correlation
from assessment_pipeline_tests.core.statistics.answer_builders import (
    answers_of,
    exact_correlation,
    lsat6,
    row,
    scores_of,
)


def test_difficulties_of_lsat6_are_the_published_ones() -> None:
    answers = scores_of(lsat6())
    assert [items.difficulty(answers, place) for place in range(5)] == [
        0.924,
        0.709,
        0.553,
        0.763,
        0.870,
    ]


def test_discriminations_are_those_of_exact_arithmetic() -> None:
    matrix = lsat6()
    answers = scores_of(matrix)
    for place in range(5):
        item = [scores[place] for scores in matrix]
        rest = [sum(scores) - scores[place] for scores in matrix]
        expected = exact_correlation(item, rest)
        assert items.discrimination(answers, place) == pytest.approx(expected, abs=1e-12)


def test_difficulty_is_the_mean_share_of_the_maximum() -> None:
    answers = answers_of([row([each, 1], maxima=[3, 1]) for each in (3, 1.5, 0, 1.5)])
    assert items.difficulty(answers, 0) == 0.5
    assert items.mean_and_deviation(answers, 0) == pytest.approx((1.5, 1.5**0.5))
    assert items.max_score(answers, 0) == 3


def test_an_item_that_is_not_in_a_total_is_not_in_its_statistics() -> None:
    answers = scores_of([[1, 1, 0], [0, 0, 1], [None, 1, 1], [1, 1, 1]])
    assert items.difficulty(answers, 0) == pytest.approx(2 / 3)
    # Its rest score is a share of what counts.
    expected = exact_correlation([1, 0, 1], [Fraction(1, 2), Fraction(1, 2), 1])
    assert items.discrimination(answers, 0) == pytest.approx(expected, abs=1e-12)


def test_an_item_that_counts_for_nobody_has_no_statistics() -> None:
    answers = scores_of([[None, 1], [None, 0]])
    assert items.difficulty(answers, 0) is None
    assert items.discrimination(answers, 0) is None
    assert items.mean_and_deviation(answers, 0) == (None, None)
    assert items.max_score(answers, 0) is None
    assert not answers.is_dichotomous(0)


def test_one_candidate_has_no_deviation() -> None:
    assert items.mean_and_deviation(scores_of([[1, 0]]), 0) == (1, None)


def test_a_maximum_that_differs_is_none() -> None:
    answers = answers_of([row([1, 1], maxima=[1, 1]), row([2, 1], maxima=[2, 1])])
    assert items.max_score(answers, 0) is None
    assert not answers.is_dichotomous(0)
    assert not answers.has_one_form


def test_omitted_is_passed_over_and_not_reached_is_the_end() -> None:
    answers = answers_of(
        [
            row([0, 1, 0], states=["omitted", "answered", "omitted"], trailing=["q3"]),
            row([1, 0, 0], states=["answered", "omitted", "not_reached"], trailing=["q2", "q3"]),
            row([1, 0, 0], states=["answered", "invalid", "absent"]),
            row([1, None, 1], states=["answered", "not_presented", "answered"]),
        ]
    )
    first, second, third = (items.missing(answers, place) for place in range(3))
    assert (first.omitted, first.not_reached, first.omitted_share) == (1, 0, 0.25)
    assert (second.omitted, second.not_reached, second.invalid) == (0, 1, 1)
    assert second.presented == 3
    assert second.not_reached_share == pytest.approx(1 / 3)
    assert (third.omitted, third.not_reached, third.absent) == (0, 2, 1)
    assert second.states == {"answered": 1, "invalid": 1, "not_presented": 1, "omitted": 1}


def test_an_item_that_was_presented_to_nobody_has_no_shares() -> None:
    found = items.missing(answers_of([row([None], states=["not_presented"])]), 0)
    assert (found.presented, found.omitted_share, found.not_reached_share) == (0, None, None)


def test_times_are_of_those_whose_time_was_delivered() -> None:
    spent = [1000, 2000, 4000, 9000, 14000, None, -5]
    answers = answers_of([row([1], milliseconds=[each]) for each in spent])
    found = items.times(answers, 0)
    assert found is not None
    assert (found.n, found.mean, found.median) == (5, 6.0, 4.0)
    assert (found.lower_quartile, found.upper_quartile) == (2.0, 9.0)
    assert found.rapid_share == 0.4


@pytest.mark.parametrize("spent", [[None] * 6, [3000, None, None, None, None, None], [3000] * 4])
def test_of_few_times_nothing_is_told(spent: list[int | None]) -> None:
    assert items.times(answers_of([row([1], milliseconds=[each]) for each in spent]), 0) is None


def test_a_position_is_the_median_place_in_the_delivery() -> None:
    answers = scores_of([[1, 0], [0, 1]])
    assert [items.position(answers, place) for place in (0, 1)] == [1, 2]
    answers.positions[:] = np.nan
    assert items.position(answers, 0) is None


def test_a_correlation_needs_something_that_varies() -> None:
    varied, same = np.array([1.0, 2.0]), np.array([1.0, 1.0])
    assert correlation(varied, same) is None
    assert correlation(same, varied) is None
    assert correlation(varied[:1], varied[:1]) is None
    assert correlation(varied, -varied) == -1
