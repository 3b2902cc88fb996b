"""Response snapshots: one delivery session as it was delivered, for people and tests.

The frozen model of what a response_snapshot_id stands for. What a field may hold is decided by
the reader alone, so that this and the hot path can never differ; capturing a day does not come
through here, it works on the structs of `sessions`.
"""

from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assessment_pipeline.core.hashing import Json, canonical_json, hash_bytes
from assessment_pipeline.core.reading import read_session
from assessment_pipeline.core.rejections import Rejection
from assessment_pipeline.core.sessions import DeliveredState, RatingKind, SessionStatus
from assessment_pipeline.errors import IntegrityError, UsageError

_FROZEN: Final = ConfigDict(
    extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, allow_inf_nan=False
)


class RatingSnapshot(BaseModel):
    """One rater's level for one criterion of a response, as delivered."""

    model_config = _FROZEN

    rater_id: str
    criterion_id: str
    level_id: str
    kind: RatingKind
    rated_at: str | None = None


class RubricName(BaseModel):
    """The rubric version that a delivery names for one of its items."""

    model_config = _FROZEN

    assessment_id: str
    version: str


class ItemResponseSnapshot(BaseModel):
    """What a candidate gave for one item, as delivered."""

    model_config = _FROZEN

    item_id: str
    value: bool | int | float | str | tuple[str, ...] | None
    state: DeliveredState | None = None
    duration_ms: int | None = None
    rubric: RubricName | None = None
    ratings: tuple[RatingSnapshot, ...] | None = None


class ResponseSnapshot(BaseModel):
    """One delivery session, unchanged: its content hash is its response_snapshot_id.

    A field that was not delivered reads as None, or as the default that the contract gives it,
    and stays out of `to_json()` and of the hash.
    """

    model_config = _FROZEN

    session_id: str
    candidate_id: str
    assessment_id: str
    attempt: int = 1
    status: SessionStatus = "submitted"
    started_at: str | None = None
    submitted_at: str | None = None
    due_at: str | None = None
    responses: tuple[ItemResponseSnapshot, ...]
    supersedes: str | None = None
    context: dict[str, str] | None = None
    nonce: str | None = Field(default=None, repr=False)

    @classmethod
    def from_json(cls, delivered: bytes | dict[str, Json]) -> Self:
        """Read a delivery line, or the object it holds.

        Raises:
            UsageError: a reader would not take it; the text names the reason and the field.
        """
        line = delivered if isinstance(delivered, bytes) else _as_line(delivered)
        record = read_session(line)
        if isinstance(record, Rejection):
            raise UsageError(f"This is no delivery session ({record.reason}): {record.detail}.")
        return cls.model_validate_json(record.canonical)

    @model_validator(mode="after")
    def _must_be_readable(self) -> Self:
        match read_session(canonical_json(self.to_json())):
            case Rejection(reason, detail):
                raise ValueError(f"{reason}: {detail}")
        return self

    def to_json(self) -> dict[str, Json]:
        """Return the delivered object: fields that were not delivered are absent."""
        delivered: dict[str, Json] = self.model_dump(mode="json", exclude_unset=True)
        return delivered

    def content_hash(self) -> str:
        """Return the response_snapshot_id, written `sha256:<hex>`."""
        return hash_bytes(canonical_json(self.to_json()))

    def verify(self, response_snapshot_id: str) -> None:
        """Check that an id stands for this content.

        Raises:
            IntegrityError: it stands for other content; the text names both hashes.
        """
        found = self.content_hash()
        if found != response_snapshot_id:
            raise IntegrityError(
                f"Snapshot {response_snapshot_id} is not what its hash says: its content hashes "
                f"to {found}. Restore the delivery or the artifact it came from."
            )


def _as_line(delivered: dict[str, Json]) -> bytes:
    try:
        return canonical_json(delivered)
    except (TypeError, ValueError, RecursionError):
        # Among them texts with half of a surrogate pair, which UTF-8 cannot hold.
        raise UsageError("This is no JSON object; give one as json.loads returns it.") from None
