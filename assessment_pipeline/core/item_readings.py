"""Item readings: what the rule of an item reads of a delivery beside the response itself.

Pure. Most rules read nothing else; a few read some of the response's features, or the ratings
that came with it. What is read decides the points, so it is part of what identifies an
evaluation.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from assessment_pipeline.core.captured import CapturedResponse
from assessment_pipeline.core.feature_rows import FeatureCells, SessionFeatures, feature_row
from assessment_pipeline.core.hashing import Json, canonical_json
from assessment_pipeline.core.responses import FeatureRow
from assessment_pipeline.core.rules import ItemRule

# A field that was not delivered is decoded as a raw null.
_RATINGS: msgspec.json.Decoder[tuple[dict[str, str], ...] | None] = msgspec.json.Decoder(
    tuple[dict[str, str], ...] | None
)


class ItemReading(NamedTuple):
    """What one rule reads of one response."""

    key: bytes
    """Canonical JSON of all of it."""
    features: FeatureRow | None
    ratings: tuple[Mapping[str, Json], ...]


class SessionReadings:
    """What the rules of one session's items read; its features are decoded once, if at all."""

    def __init__(self, features: bytes | None, response_snapshot_id: str) -> None:
        """Read from a features line of this snapshot; None: features were not extracted."""
        self._line = features
        self._response_snapshot_id = response_snapshot_id
        self._features: SessionFeatures | None = None

    def of(self, item: ItemRule | None, response: CapturedResponse) -> ItemReading | None:
        """Return what the rule of an item reads; None if that is the response alone."""
        if item is None or not (item.needs_features or item.needs_ratings):
            return None
        cells = self._cells(item, response.item_id) if item.needs_features else None
        raw = response.ratings if item.needs_ratings else None
        ratings = () if raw is None else _RATINGS.decode(raw) or ()
        key: Json = {
            "features": None if cells is None else {n: [*cell] for n, cell in cells.items()},
            "ratings": [dict(rating) for rating in ratings],
        }
        return ItemReading(
            canonical_json(key), None if cells is None else feature_row(cells), ratings
        )

    def _cells(self, item: ItemRule, item_id: str) -> FeatureCells | None:
        if self._features is None and self._line is not None:
            self._features = SessionFeatures(self._line, self._response_snapshot_id)
        if self._features is None:
            return None
        return self._features.cells(item_id, item.features_read)
