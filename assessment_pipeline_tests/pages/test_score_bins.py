"""Score bins: no bar is a hairline, and a bin is easy to name."""

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.pages.score_bins import MOST_BARS, score_bars
from assessment_pipeline_tests.pages.drawn_items import totals_of


@pytest.mark.parametrize("totals", [[3.0], [0.0, 1.0, 5.0], [-1.5, -1.0], [*map(float, range(41))]])
def test_totals_that_are_about_evenly_spaced_have_a_bar_each(totals: list[float]) -> None:
    scores = totals_of(totals)
    bars = score_bars(scores)
    assert not bars.are_bins
    assert bars.counts == scores.counts


def test_totals_with_one_small_gap_make_no_hairlines() -> None:
    bars = score_bars(totals_of([1.0, 1.01, 20.0]))
    assert bars.width == 0.5
    assert [(bar.score, bar.n) for bar in bars.counts] == [(1.25, 4), (20.25, 2)]


def test_many_totals_are_put_into_bins_of_a_round_width() -> None:
    bars = score_bars(totals_of([place / 4 for place in range(101)]))
    assert bars.width == 1.0
    assert [bar.n for bar in bars.counts] == [8] * 25 + [2]


def test_a_total_at_a_border_is_in_the_bin_that_begins_there() -> None:
    tenths = [place / 10 for place in range(52)]
    bars = score_bars(totals_of(tenths))
    assert bars.width == 0.2
    assert [bar.n for bar in bars.counts] == [4] * 26


@given(st.sets(st.integers(-400, 4000), min_size=1), st.sampled_from((1, 4, 10, 100, 0.001)))
def test_every_candidate_is_in_a_bar_and_no_bar_is_thin(totals: set[int], unit: float) -> None:
    scores = totals_of([total / unit for total in totals])
    bars = score_bars(scores)
    assert sum(bar.n for bar in bars.counts) == scores.n
    assert len(bars.counts) <= MOST_BARS + 1
    span = scores.maximum - scores.minimum
    assert bars.width >= span / MOST_BARS or isclose(bars.width, span / MOST_BARS)
