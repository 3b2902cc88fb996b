"""Reliability, held against published values and exact arithmetic."""

from math import sqrt

import pytest

from assessment_pipeline.core.statistics.reliability import alphas_if_deleted, reliability
from assessment_pipeline_tests.core.statistics.answer_builders import (
    answers_of,
    covariance,
    exact_alpha,
    lsat6,
    row,
    scores_of,
)

MIXED: list[list[float]] = [[2, 1, 0.5], [1, 0, 0], [2, 1, 1.5], [0, 1, 0.25], [1, 1, 1]]


def test_alpha_of_lsat6_is_the_published_one() -> None:
    found = reliability(scores_of(lsat6()))
    assert found.alpha is not None
    assert round(found.alpha, 3) == 0.295
    assert (found.n, found.items) == (1000, 5)


def test_alpha_and_kr20_are_those_of_exact_arithmetic() -> None:
    exact = float(exact_alpha(lsat6()))
    found = reliability(scores_of(lsat6()))
    assert found.alpha == pytest.approx(exact, abs=1e-12)
    # With items of one point, and variances of one kind throughout, they are one formula.
    assert found.kr20 == pytest.approx(exact, abs=1e-12)


def test_alpha_of_items_with_partial_credit_is_that_of_exact_arithmetic() -> None:
    answers = answers_of([row(scores, maxima=[2, 1, 1.5]) for scores in MIXED])
    found = reliability(answers)
    assert found.alpha == pytest.approx(float(exact_alpha(MIXED)), abs=1e-12)
    assert found.kr20 is None


def test_alpha_if_deleted_is_alpha_of_the_others() -> None:
    matrix = lsat6()
    for place, found in alphas_if_deleted(scores_of(matrix)).items():
        others = [scores[:place] + scores[place + 1 :] for scores in matrix]
        assert found == pytest.approx(float(exact_alpha(others)), abs=1e-12)


def test_the_standard_error_is_of_the_sample_deviation_of_the_total() -> None:
    totals = [sum(scores) for scores in lsat6()]
    variance = float(covariance(totals, totals)) * 1000 / 999
    expected = sqrt(variance * (1 - float(exact_alpha(lsat6()))))
    assert reliability(scores_of(lsat6())).sem == pytest.approx(expected, abs=1e-12)


def test_kr20_takes_items_as_right_and_wrong_whatever_their_weight() -> None:
    weighted = answers_of([row([3 * a, b, c], maxima=[3, 1, 1]) for a, b, c, *_ in lsat6()[::7]])
    plain = scores_of([[a, b, c] for a, b, c, *_ in lsat6()[::7]])
    assert reliability(weighted).kr20 == pytest.approx(reliability(plain).kr20, abs=1e-12)
    assert reliability(weighted).alpha != pytest.approx(reliability(plain).alpha, abs=1e-3)


def test_only_candidates_for_whom_all_items_count_are_taken() -> None:
    whole = [[1, 0, 1], [1, 1, 1], [0, 0, 1], [0, 0, 0]]
    found = reliability(scores_of([*whole, [1, None, 0]]))
    assert found.n == 4
    assert found.alpha == pytest.approx(float(exact_alpha(whole)), abs=1e-12)


def test_an_item_that_counts_for_nobody_is_none_of_the_items() -> None:
    found = reliability(scores_of([[1, None, 0], [0, None, 0], [1, None, 1]]))
    assert found.items == 2
    assert found.n == 3


@pytest.mark.parametrize(
    "matrix", [[[1, 0]], [[1], [0]], [[1, 0], [0, 1]]], ids=["one row", "one item", "equal totals"]
)
def test_what_is_not_defined_is_left_out(matrix: list[list[int]]) -> None:
    found = reliability(scores_of(matrix))
    assert (found.alpha, found.kr20, found.sem) == (None, None, None)
