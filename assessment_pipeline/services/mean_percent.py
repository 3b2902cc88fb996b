"""The mean percent of a day's complete scorecards: a number over many, never one of a person.

For the eye alone: a plot over time shows a day on which something is off. It is rounded to whole
percents and left out where too few candidates are behind it, so that nobody's score follows from
it, nor from two of them of which one has a candidate more. No result is ever made from it.
"""

from collections import Counter
from decimal import Decimal

import msgspec

from assessment_pipeline.core.disclosure import FEWEST_CANDIDATES
from assessment_pipeline.services.indexes import ScorecardsIndex, read_rows
from assessment_pipeline.storage.artifacts import ArtifactStore


class _Percent(msgspec.Struct, frozen=True, gc=False):
    """What is read of a scorecard; its other fields are passed over."""

    candidate_id: str
    percent: str | None


def mean_percent(store: ArtifactStore, index: ScorecardsIndex) -> int | None:
    """Return the mean percent of a day's complete scorecards; nothing if candidates are too few."""
    candidates: set[str] = set()
    counts: Counter[str] = Counter()
    for chunk in index.chunks:
        for card in read_rows(store, chunk.scorecards, _Percent):
            if card.percent is not None:
                candidates.add(card.candidate_id)
                counts[card.percent] += 1
    if len(candidates) < FEWEST_CANDIDATES:
        return None
    total = sum((Decimal(percent) * count for percent, count in counts.items()), Decimal(0))
    return round(total / counts.total())
