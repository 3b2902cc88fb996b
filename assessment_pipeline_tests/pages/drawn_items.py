"""Items with options as wanted, pages of them, and totals, for tests of what is drawn."""

from collections.abc import Sequence

import msgspec

from assessment_pipeline.core.statistics.results import (
    Flag,
    ItemStatistics,
    Option,
    OptionTable,
    ScoreCount,
    Scores,
    Statistics,
)
from assessment_pipeline.core.statistics.summary import Subject, summarise
from assessment_pipeline.pages.statistics import statistics_page
from assessment_pipeline_tests.builders import DAY
from assessment_pipeline_tests.core.statistics.answer_builders import scores_of

SCORES = [[1, 0, 1], [1, 1, 1], [0, 0, 0], [0, 1, 1], [1, 1, 0], [1, 0, 0]]


def statistics_of(item: ItemStatistics) -> Statistics:
    """Return statistics whose first item is this one."""
    found = summarise(Subject("bare", "1", None, {DAY: "sha256:0"}, {}), scores_of(SCORES))
    return msgspec.structs.replace(found, items=[item, *found.items[1:]])


def item_with(*options: str) -> ItemStatistics:
    """Return a flagged item, so that it is drawn large; its first option is the key."""
    table = OptionTable(
        [2, 2, 2],
        [
            Option(name, place == 0, 5, 0.5, 0.1, [0.1, 0.2, 0.3])
            for place, name in enumerate(options)
        ],
    )
    flags = [Flag("too_hard", "It is hard.")]
    bare = summarise(Subject("bare", "1", None, {DAY: "sha256:0"}, {}), scores_of(SCORES)).items[0]
    found: ItemStatistics = msgspec.structs.replace(bare, options=table, flags=flags)
    return found


def page_with(item: ItemStatistics) -> bytes:
    """Return the page of statistics with this item."""
    return statistics_page(statistics_of(item), "sha256:0")


def totals_of(totals: Sequence[float]) -> Scores:
    """Return the totals of two candidates each."""
    return Scores(
        n=2 * len(totals),
        mean=0.0,
        standard_deviation=None,
        minimum=min(totals),
        lower_quartile=0.0,
        median=0.0,
        upper_quartile=0.0,
        maximum=max(totals),
        max_score=None,
        counts=[ScoreCount(total, 2) for total in sorted(totals)],
    )
