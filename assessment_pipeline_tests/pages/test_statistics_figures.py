"""The figures of a statistics page: nothing left out, nothing unseen, everything in its place."""

import re
from itertools import cycle, islice

import msgspec
import pytest
from lxml import html
from markupsafe import Markup

from assessment_pipeline.core.statistics.results import DayTrend
from assessment_pipeline.pages.statistics_figures import (
    difficulty_against_discrimination,
    options_by_group,
    score_histogram,
    trend_over_dates,
)
from assessment_pipeline.pages.statistics_svg import BLUE, MARKERS, SERIES
from assessment_pipeline.pages.visible_text import visible
from assessment_pipeline_tests.pages.drawn_items import item_with, page_with, totals_of


def marks(svg: Markup, color: str = BLUE) -> list[tuple[float, float]]:
    """Return where the marks of a figure are that have a color."""
    found = html.fromstring(str(svg)).xpath(f"//use[contains(@style, 'fill: {color}')]")
    return [(float(mark.get("x")), float(mark.get("y"))) for mark in found]


def frame(svg: Markup) -> tuple[float, float, float, float]:
    """Return the left, top, right and bottom end of the area that is drawn on."""
    (area,) = html.fromstring(str(svg)).xpath("//clippath/rect")
    x, y, width, height = (float(area.get(name)) for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def legend(svg: Markup) -> list[str]:
    texts = html.fromstring(str(svg)).xpath("//g[contains(@id, 'legend')]//text/text()")
    return list(map(str, texts))


def test_unseen_signs_of_options_are_shown_as_their_code_in_pictures_and_what_describes_them() -> (
    None
):
    item = item_with("B\u200b", "A\u202e", "\x00")
    text = page_with(item).decode()
    svg = options_by_group(item, "o", is_small=False)
    assert visible(text) == text
    assert legend(svg) == ["B[U+200B] (key)", "A[U+202E]", "[U+0000]"]
    assert "key: B[U+200B]." in str(svg)


def test_an_option_that_begins_with_an_underscore_is_in_the_legend() -> None:
    svg = options_by_group(item_with("A", "_none", "__"), "o", is_small=False)
    assert legend(svg) == ["A (key)", "_none", "__"]


def test_no_two_of_many_options_look_alike() -> None:
    looks = list(islice(zip(cycle(SERIES), cycle(MARKERS), strict=False), 20))
    assert len(set(looks)) == 20


def test_days_are_as_far_apart_as_they_are_in_the_calendar() -> None:
    days = [DayTrend(f"2025-11-{day:02}", 9, 0.5) for day in (1, 2, 22)]
    first, second, third = (x for x, _ in marks(trend_over_dates(days)))
    assert (third - second) / (second - first) == pytest.approx(20, rel=1e-3)


def test_the_dates_below_the_axis_are_spread_over_all_of_it() -> None:
    days = [DayTrend(f"2025-{month:02}-01", 9, 0.5) for month in (1, 2, 12)]
    texts = html.fromstring(str(trend_over_dates(days))).xpath("//text/text()")
    dates = [text for text in texts if text.startswith("2025-")]
    assert dates == ["2025-01-01", "2025-03-09", "2025-05-15", "2025-07-21", "2025-09-26"]


def test_a_mean_below_nothing_is_in_the_picture() -> None:
    svg = trend_over_dates([DayTrend("2025-11-01", 9, -0.25), DayTrend("2025-11-02", 9, 0.5)])
    _, top, _, bottom = frame(svg)
    assert all(top <= y <= bottom for _, y in marks(svg))


@pytest.mark.parametrize("difficulty", [-0.4, 0.5, 1.3])
def test_an_item_is_in_the_picture_however_hard_or_easy_it_is(difficulty: float) -> None:
    item = msgspec.structs.replace(
        item_with("A"), difficulty=difficulty, discrimination=0.2, flags=[]
    )
    svg = difficulty_against_discrimination([item])
    left, _, right, _ = frame(svg)
    ((x, _),) = marks(svg)
    assert left < x < right


@pytest.mark.parametrize("candidates", [1, 2, 3, 40])
def test_candidates_of_a_histogram_are_whole(candidates: int) -> None:
    scores = totals_of([4, 10, 14, 19])
    counts = [msgspec.structs.replace(count, n=candidates) for count in scores.counts]
    text = str(score_histogram(msgspec.structs.replace(scores, counts=counts)))
    ticks = re.findall(r"<text[^>]*>([0-9.]+)</text>", text.partition("matplotlib.axis_2")[2])
    assert len(ticks) > 1
    assert all("." not in tick for tick in ticks)


@pytest.mark.parametrize(("totals", "is_said"), [([1.0, 1.01, 20.0], True), ([1.0, 2.0], False)])
def test_a_histogram_of_bins_says_what_a_bar_stands_for(totals: list[float], is_said: bool) -> None:
    text = str(score_histogram(totals_of(totals)))
    assert ("A bar stands for totals from a multiple of 0.5 up to the next." in text) is is_said
