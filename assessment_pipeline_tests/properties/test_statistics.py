"""Statistics of points that floats cannot hold, against arithmetic with fractions."""

from fractions import Fraction
from math import sqrt
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.statistics.answers import Answers
from assessment_pipeline.core.statistics.distractors import score_groups
from assessment_pipeline.core.statistics.items import difficulty, discrimination
from assessment_pipeline.core.statistics.reliability import reliability
from assessment_pipeline.core.statistics.scores import scores
from assessment_pipeline_tests.core.statistics.answer_builders import (
    answers_of,
    covariance,
    exact_alpha,
    exact_correlation,
    mean,
    row,
)

POINTS = [Fraction(1, 10), Fraction(1, 5), Fraction(3, 10), Fraction(1, 3), Fraction(2, 3)]
Taken: TypeAlias = tuple[list[Fraction], list[list[Fraction]]]


@st.composite
def takings(draw: st.DrawFn) -> Taken:
    """Draw what items are worth and what candidates got; some items repeat the first one."""
    worth = draw(st.lists(st.sampled_from(POINTS), min_size=2, max_size=5))
    copies = draw(st.integers(0, len(worth)))
    count = draw(st.integers(2, 9))
    right = [
        draw(st.lists(st.booleans(), min_size=len(worth), max_size=len(worth)))
        for _ in range(count)
    ]
    rows = [
        [points * taken[0 if place < copies else place] for place, points in enumerate(worth)]
        for taken in right
    ]
    return worth, rows


def answers(taken: Taken) -> Answers:
    worth, rows = taken
    return answers_of([row(each, maxima=worth) for each in rows])


@given(takings())
def test_reliability_is_that_of_fractions(taken: Taken) -> None:
    totals = [sum(each, Fraction(0)) for each in taken[1]]
    found = reliability(answers(taken))
    variance = covariance(totals, totals)
    if variance == 0:
        assert (found.alpha, found.sem) == (None, None)
        return
    alpha = exact_alpha(taken[1])
    assert found.alpha == pytest.approx(float(alpha), abs=1e-9)
    assert found.alpha is not None
    assert found.alpha <= 1
    of_sample = variance * len(totals) / (len(totals) - 1)
    assert found.sem == pytest.approx(sqrt(of_sample * (1 - alpha)), abs=1e-9)


@given(takings())
def test_difficulty_and_discrimination_are_those_of_fractions(taken: Taken) -> None:
    worth, rows = taken
    for place, points in enumerate(worth):
        item = [each[place] for each in rows]
        rest = [sum(each, Fraction(0)) - each[place] for each in rows]
        assert difficulty(answers(taken), place) == round(float(mean(item) / points), 12)
        found = discrimination(answers(taken), place)
        if covariance(item, item) == 0 or covariance(rest, rest) == 0:
            assert found is None
        elif covariance(item, rest) == 0:
            assert found == 0
        else:
            assert found == pytest.approx(exact_correlation(item, rest), abs=1e-9)


@given(takings())
def test_equal_totals_are_one_total(taken: Taken) -> None:
    totals = [sum(each, Fraction(0)) for each in taken[1]]
    found = answers(taken)
    assert [(each.score, each.n) for each in scores(found).counts] == [
        (float(total), totals.count(total)) for total in sorted(set(totals))
    ]
    groups = score_groups(found.total_shares)
    for total in set(totals):
        where = {
            tuple(bool(group[place]) for group in groups)
            for place, each in enumerate(totals)
            if each == total
        }
        assert len(where) == 1
