"""Scoring: a session's responses and a rubric give item scores and a total.

The way in for everyone who scores. How one item is scored is `item_scores`, how they add up is
`totals`, how a response is judged is `rules`.
"""

from assessment_pipeline.core.item_scores import ItemScore, ItemScorer, ItemStatus, score_item
from assessment_pipeline.core.totals import (
    ScorecardStatus,
    SessionTotal,
    Subscore,
    scorecard_status,
    total_from_sums,
    total_score,
)

__all__ = [
    "ItemScore",
    "ItemScorer",
    "ItemStatus",
    "ScorecardStatus",
    "SessionTotal",
    "Subscore",
    "score_item",
    "scorecard_status",
    "total_from_sums",
    "total_score",
]
