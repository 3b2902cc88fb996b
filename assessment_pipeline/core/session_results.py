"""Session results: the line of canonical JSON that says what a session came to.

Pure. Its sha256 is the output_hash; docs/hashes.md describes it field by field. Summing is
`chunk_totals`, scoring `chunk_scoring`.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from assessment_pipeline.core.chunk_totals import TotalTexts, optional_text
from assessment_pipeline.core.hashing import Json, plain_json
from assessment_pipeline.core.scoring import ItemScore


def result_line(response_snapshot_id: str, items: Iterable[bytes], total: TotalTexts) -> bytes:
    """Return the result of a session; what it says of its items is made already."""
    fields: dict[str, object] = {
        "items": msgspec.Raw(b"[%b]" % b",".join(items)),
        "max_score": total.max_score,
        "performance_level": total.performance_level,
        "raw_score": total.raw_score,
        "raw_score_exact": total.raw_score_exact,
        "response_snapshot_id": response_snapshot_id,
        "scale_score": total.scale_score,
        "status": total.status,
        "subscores": [subscore._asdict() for subscore in total.subscores],
    }
    if total.late_penalty is not None:
        fields["late_penalty"] = total.late_penalty
    return plain_json(fields)


def item_fragment(score: ItemScore) -> bytes:
    """Return what a result says of an item."""
    return _known_fragment(
        score.item_id,
        score.item_status,
        optional_text(score.max_score),
        optional_text(score.raw_score),
        score.response_state,
    )


@lru_cache(maxsize=4096)
def _known_fragment(
    item_id: str, status: str, max_score: str | None, raw_score: str | None, state: str
) -> bytes:
    fields: Mapping[str, Json] = {
        "item_id": item_id,
        "item_status": status,
        "max_score": max_score,
        "raw_score": raw_score,
        "response_state": state,
    }
    return plain_json(fields)
