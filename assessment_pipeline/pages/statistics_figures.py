"""The figures of a statistics page. The numbers they show stand in tables beside them."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from assessment_pipeline.core.statistics.distractors import GROUPS
from assessment_pipeline.core.statistics.flags import TOO_EASY, TOO_HARD
from assessment_pipeline.core.statistics.results import (
    DayTrend,
    ItemStatistics,
    Scores,
)
from assessment_pipeline.pages.score_bins import score_bars
from assessment_pipeline.pages.statistics_svg import (
    BLUE,
    INK,
    MARKERS,
    MUTED,
    RED,
    SERIES,
    drawing,
)
from assessment_pipeline.pages.visible_text import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

WIDE: Final = (4.8, 3.2)
SMALL: Final = (1.75, 1.3)
_MOST_LABELS: Final = 16
_MOST_DATES: Final = 6
_MOST_CHARACTERS: Final = 18


def difficulty_against_discrimination(items: Sequence[ItemStatistics]) -> Markup:
    """Draw a point an item; flagged ones are squares with their names."""
    shown = [
        (item, item.difficulty, item.discrimination)
        for item in items
        if item.difficulty is not None and item.discrimination is not None
    ]
    flagged = [each for each in shown if each[0].flags]
    title = "Difficulty against discrimination"
    description = (
        f"{len(shown)} items by mean share of the maximum (easier to the right) and corrected "
        f"item-total correlation (better upwards); {len(flagged)} flagged items are named squares."
    )
    with drawing("scatter", title, description, WIDE) as drawn:
        axes = drawn.axes
        for border in (TOO_HARD, TOO_EASY):
            axes.axvline(border, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.axhline(0, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        plain = [each for each in shown if not each[0].flags]
        axes.plot([x for _, x, _ in plain], [y for *_, y in plain], "o", color=BLUE, markersize=5)
        axes.plot(
            [x for _, x, _ in flagged], [y for *_, y in flagged], "s", color=RED, markersize=6
        )
        for item, x, y in flagged:
            is_right = x > 0.75
            axes.annotate(
                _shortened(item.item_id),
                (x, y),
                xytext=(-6 if is_right else 6, 5),
                textcoords="offset points",
                ha="right" if is_right else "left",
                color=RED,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8},
            )
        # A penalty for guessing takes an item below 0.
        axes.set_xlim(
            min([0.0, *(x for _, x, _ in shown)]) - 0.02,
            max([1.0, *(x for _, x, _ in shown)]) + 0.02,
        )
        axes.set_xlabel("difficulty (mean share of maximum)")
        axes.set_ylabel("discrimination")
    return drawn.svg


def score_histogram(scores: Scores) -> Markup:
    """Draw how many candidates have which total."""
    from matplotlib.ticker import MaxNLocator

    bars, width, are_bins = score_bars(scores)
    title = "Distribution of total scores"
    description = (
        f"{scores.n} candidates; totals from {_short(scores.minimum)} to {_short(scores.maximum)}, "
        f"half of them between {_short(scores.lower_quartile)} and {_short(scores.upper_quartile)}."
    )
    if are_bins:
        description += f" A bar stands for totals from a multiple of {width:g} up to the next."
    with drawing("histogram", title, description, WIDE) as drawn:
        drawn.axes.bar(
            [bar.score for bar in bars], [bar.n for bar in bars], width=width * 0.9, color=BLUE
        )
        drawn.axes.axvline(scores.mean, color=RED, linewidth=1.5)
        drawn.axes.annotate(
            f"mean {_short(scores.mean)}",
            (scores.mean, 1),
            xycoords=("data", "axes fraction"),
            xytext=(4, -2),
            textcoords="offset points",
            va="top",
            color=RED,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
        drawn.axes.set_xlabel("total score")
        drawn.axes.set_ylabel("candidates")
        # Candidates are whole, and the label of the mean stands above all bars.
        drawn.axes.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        drawn.axes.margins(y=0.15)
        drawn.axes.grid(visible=False, axis="x")
    return drawn.svg


def options_by_group(item: ItemStatistics, name: str, *, is_small: bool) -> Markup:
    """Draw which share of each score group chose which option; the key is the thick line."""
    table = item.options
    if table is None:
        return Markup()
    options = [option for option in table.options if option.n]
    keys = ", ".join(option.option for option in options if option.is_key) or "none"
    title = f"Options of item {item.item_id} by score group"
    description = f"Shares of the lower, middle and upper score group; key: {keys}."
    with drawing(name, title, description, SMALL if is_small else WIDE) as drawn:
        axes = drawn.axes
        lines: list[Line2D] = []
        for place, option in enumerate(options):
            color = INK if option.is_key else SERIES[place % len(SERIES)]
            shares = [float("nan") if each is None else each * 100 for each in option.by_group]
            lines += axes.plot(
                range(len(shares)),
                shares,
                color=color,
                marker=MARKERS[place % len(MARKERS)],
                markersize=3 if is_small else 5,
                linewidth=2.4 if option.is_key else 1.2,
                linestyle="solid" if option.is_key else (0, (4, 2)),
            )
        axes.set_xlim(-0.15, 2.15)
        axes.set_ylim(-3, 103)
        groups = [group[0].upper() for group in GROUPS] if is_small else GROUPS
        axes.set_xticks(range(len(GROUPS)), groups)
        if is_small:
            axes.set_yticks([0, 50, 100])
            axes.tick_params(labelsize=8)
            drawn.figure.subplots_adjust(left=0.2, right=0.99, top=0.97, bottom=0.16)
        else:
            axes.set_xlabel("score group")
            axes.set_ylabel("percent of the group")
            # Named here and not at the lines: of those Matplotlib leaves out what begins with "_".
            names = [
                _shortened(f"{option.option} (key)" if option.is_key else option.option)
                for option in options
            ]
            drawn.figure.legend(lines, names, loc="outside right upper", fontsize=9)
    return drawn.svg


def missing_by_position(items: Sequence[ItemStatistics]) -> Markup:
    """Draw the shares of omitted and not reached responses, by the items' order."""
    title = "Missing responses by position"
    description = (
        "Percent of candidates who omitted an item, and who did not reach it, by the order of "
        "the items."
    )
    with drawing("missing", title, description, WIDE) as drawn:
        places = range(1, len(items) + 1)
        omitted = [(item.missing.omitted_share or 0) * 100 for item in items]
        not_reached = [(item.missing.not_reached_share or 0) * 100 for item in items]
        drawn.axes.bar(places, omitted, color=BLUE, width=0.8, label="omitted")
        drawn.axes.bar(
            places,
            not_reached,
            bottom=omitted,
            color="#e0a458",
            hatch="///",
            width=0.8,
            label="not reached",
        )
        _by_item(drawn.axes, items)
        drawn.axes.set_ylabel("percent of candidates")
        drawn.figure.legend(loc="outside upper right", ncols=2, fontsize=9)
    return drawn.svg


def time_by_item(items: Sequence[ItemStatistics]) -> Markup:
    """Draw the median time of each item, with its quartiles."""
    timed = [(place, item.times) for place, item in enumerate(items, start=1) if item.times]
    title = "Time by item"
    description = "Median seconds on each item; the line reaches from the lower to upper quartile."
    with drawing("times", title, description, WIDE) as drawn:
        for place, times in timed:
            drawn.axes.vlines(
                place, times.lower_quartile, times.upper_quartile, color=MUTED, linewidth=2
            )
        drawn.axes.plot(
            [place for place, _ in timed],
            [times.median for _, times in timed],
            "o",
            color=BLUE,
            markersize=5,
        )
        drawn.axes.set_ylim(bottom=0)
        _by_item(drawn.axes, items)
        drawn.axes.set_ylabel("seconds")
    return drawn.svg


def trend_over_dates(days: Sequence[DayTrend]) -> Markup:
    """Draw the mean share of the maximum day by day, as far apart as the days are."""
    shown = [
        (date.fromisoformat(day.delivery_date).toordinal(), day.mean_share)
        for day in days
        if day.mean_share is not None
    ]
    title = "Mean score by delivery date"
    description = f"Mean percent of the maximum on {len(shown)} days with enough candidates."
    with drawing("trend", title, description, WIDE) as drawn:
        places = [day for day, _ in shown]
        percents = [share * 100 for _, share in shown]
        drawn.axes.plot(places, percents, "o-", color=BLUE, markersize=5)
        step = max(1, -(-(places[-1] - places[0]) // (_MOST_DATES - 1)))
        ticks = range(places[0], places[-1] + 1, step)
        names = [date.fromordinal(day).isoformat() for day in ticks]
        drawn.axes.set_xticks(ticks, names, rotation=30, ha="right")
        drawn.axes.set_ylim(min(0.0, *percents), max(100.0, *percents))
        drawn.axes.set_ylabel("mean percent of maximum")
    return drawn.svg


def _by_item(axes: "Axes", items: Sequence[ItemStatistics]) -> None:
    """Name the items below an axis, as many as there is room for."""
    step = -(-len(items) // _MOST_LABELS)
    places = list(range(1, len(items) + 1))[::step]
    axes.set_xticks(
        places, [_shortened(items[place - 1].item_id) for place in places], rotation=60, ha="right"
    )
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlim(0.3, len(items) + 0.7)
    axes.grid(visible=False, axis="x")


def _shortened(text: str) -> str:
    """Return a text that is no longer than there is room for, with nothing unseen in it."""
    return shortened(text, _MOST_CHARACTERS)


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
