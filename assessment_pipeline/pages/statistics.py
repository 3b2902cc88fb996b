"""The statistics page: one self-contained HTML file an assessment and rubric version.

Holds what goes where and how numbers are written; the words stand in `templates/statistics.html`.
No script, no address, no time: the same statistics give the same bytes.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

from assessment_pipeline.core.statistics.results import ItemStatistics, Statistics
from assessment_pipeline.pages import statistics_figures as figures
from assessment_pipeline.pages.environment import environment

_NOTHING: Final = "–"


class ItemFigure(NamedTuple):
    """An item with the picture of its options."""

    item: ItemStatistics
    svg: Markup


class Figures(NamedTuple):
    """The pictures of a page; an empty one has nothing to show."""

    scatter: Markup
    histogram: Markup
    missing: Markup
    times: Markup
    trend: Markup
    flagged: Sequence[ItemFigure]
    others: Sequence[ItemFigure]


def statistics_page(statistics: Statistics, content_hash: str) -> bytes:
    """Return the page of an assessment and rubric version, as UTF-8.

    `content_hash` names the stored statistics that it shows.
    """
    # Figures have styles of their own in them, so that no hash can name all of it.
    made = environment("statistics.css", "'unsafe-inline'")
    made.filters |= {"number": number, "percent": percent, "short": short}
    text = made.get_template("statistics.html").render(
        content_hash=content_hash,
        days=sorted(statistics.inputs),
        figures=_figures(statistics),
        flagged=[item for item in statistics.items if item.flags],
        has_dif=any(item.dif for item in statistics.items),
        s=statistics,
    )
    return text.encode()


def number(value: float | None, places: int = 2) -> str:
    """Return a number for reading.

    >>> number(0.123), number(-0.5, 1), number(None), number(12.0, 0)
    ('0.12', '−0.5', '–', '12')
    """
    if value is None:
        return _NOTHING
    text = f"{value:.{places}f}"
    # What rounds to nothing has no sign.
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def short(value: float | None) -> str:
    """Return a number with at most two places, and none that say nothing.

    >>> short(4.0), short(14.75), short(10.0), short(-0.5)
    ('4', '14.75', '10', '−0.5')
    """
    return number(value).rstrip("0").rstrip(".") if value is not None else _NOTHING


def percent(share: float | None, places: int = 0) -> str:
    r"""Return a share as percent.

    >>> percent(0.125, 1) == "12.5\u00a0%", percent(None)
    (True, '–')
    """
    return _NOTHING if share is None else f"{number(share * 100, places)}\u00a0%"


def _figures(statistics: Statistics) -> Figures:
    items = statistics.items
    closed = [item for item in items if item.options is not None]
    drawn = [
        ItemFigure(
            item,
            figures.options_by_group(item, f"options-{place}", is_small=not item.flags),
        )
        for place, item in enumerate(closed, start=1)
    ]
    has_missing = any(item.missing.omitted + item.missing.not_reached for item in items)
    days = [day for day in statistics.trend if day.mean_share is not None]
    return Figures(
        scatter=figures.difficulty_against_discrimination(items),
        histogram=figures.score_histogram(statistics.scores),
        missing=figures.missing_by_position(items) if has_missing else Markup(),
        times=figures.time_by_item(items) if any(item.times for item in items) else Markup(),
        trend=figures.trend_over_dates(days) if len(days) > 1 else Markup(),
        flagged=[each for each in drawn if each.item.flags],
        others=[each for each in drawn if not each.item.flags],
    )
