"""Evaluations: one distinct response to an item, judged once, as it is stored with a chunk.

Shape only; its fields in alphabetical order, so that msgspec writes canonical JSON. Making them is
`chunk_scoring`.
"""

import msgspec


class Evaluation(msgspec.Struct, frozen=True, gc=False):
    """What came of a response: points, why, and every step; points are exact text."""

    explanation: str
    item_id: str
    item_status: str
    max_score: str | None
    raw_score: str | None
    response: msgspec.Raw
    """Canonical JSON, as delivered."""
    response_state: str
    rubric_version: str | None
    rule: str | None
    trace: msgspec.Raw
    """Canonical JSON."""
    weight: str | None
