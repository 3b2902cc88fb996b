"""Feature rows: a session's line of features, read back an item at a time.

Pure. The reverse of `core.features`: lists a feature become a row a response, with exact
fractions for counts, ratios and numbers, and 1 or 0 for true and false. What is null keeps its
reason.
"""

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any, Final, TypeAlias

import msgspec

from assessment_pipeline.core.features import COLUMNS
from assessment_pipeline.core.responses import FeatureRow
from assessment_pipeline.errors import IntegrityError

FeatureCells: TypeAlias = Mapping[str, tuple[str | int | bool | None, str | None]]
"""Of each feature its value as it stands in the line, and the reason if that is null."""

_REASON: Final = "_reason"
_OF_TEXT: Final = ("characters", "distinct_word_ratio", "sentences", "words")

FEATURE_NAMES: Final = tuple(
    name for name in COLUMNS if name != "item_id" and not name.endswith(_REASON)
)
"""What a rubric can name, in alphabetical order."""


class _Line(msgspec.Struct, frozen=True):
    features: dict[str, list[Any]]
    response_snapshot_id: str


_DECODER = msgspec.json.Decoder(_Line)


class SessionFeatures:
    """The features of one session, by item."""

    def __init__(self, line: bytes, response_snapshot_id: str) -> None:
        """Read a line as `core.features` writes it.

        Raises:
            IntegrityError: it is that of another snapshot.
        """
        read = _DECODER.decode(line)
        if read.response_snapshot_id != response_snapshot_id:
            message = (
                f"Snapshot {response_snapshot_id} came with the features of "
                f"{read.response_snapshot_id}; extract the features of its day again."
            )
            raise IntegrityError(message)
        self._columns = read.features
        self._places = {item_id: place for place, item_id in enumerate(read.features["item_id"])}

    def cells(self, item_id: str, names: Collection[str]) -> FeatureCells | None:
        """Return some features of the response to an item; None if it is not in the delivery.

        Names that are no feature are left out.
        """
        place = self._places.get(item_id)
        if place is None:
            return None
        return {
            name: (self._columns[name][place], self._reason(name, place))
            for name in FEATURE_NAMES
            if name in names
        }

    def _reason(self, name: str, place: int) -> str | None:
        column = self._columns.get(("text" if name in _OF_TEXT else name) + _REASON)
        reason = None if column is None else column[place]
        return reason if isinstance(reason, str) and self._columns[name][place] is None else None


def feature_row(cells: FeatureCells) -> FeatureRow:
    """Return cells as rules read them.

    >>> feature_row({"words": (3, None), "rapid_guess": (None, "no_duration")}).reasons
    {'rapid_guess': 'no_duration'}
    """
    return FeatureRow(
        values={name: _number(value) for name, (value, _) in cells.items()},
        reasons={name: reason for name, (_, reason) in cells.items() if reason is not None},
    )


def _number(value: str | int | bool | None) -> Fraction | None:  # noqa: FBT001  a cell, no flag
    # A line is written by ourselves: texts in it are exact numbers, of whatever length.
    return None if value is None else Fraction(value)
