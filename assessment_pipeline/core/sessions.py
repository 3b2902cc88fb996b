"""Delivery sessions as structs: exactly the fields that a delivery system handed over.

Fields stand in alphabetical order, and a field that was not delivered is UNSET, so that encoding
a struct gives the canonical JSON of the delivered object, nothing added. What a field may hold
beyond its type is decided in `reading` and `structure`; defaults are seen through properties.
"""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

INTEGER_MINIMUM: Final = -(2**63)
INTEGER_MAXIMUM: Final = 2**63 - 1
NONCE_CHARACTERS: Final = (16, 64)

Integer = Annotated[int, Meta(ge=INTEGER_MINIMUM, le=INTEGER_MAXIMUM)]
Attempt = Annotated[int, Meta(ge=1, le=INTEGER_MAXIMUM)]
Nonce = Annotated[str, Meta(min_length=NONCE_CHARACTERS[0], max_length=NONCE_CHARACTERS[1])]
Value = bool | Integer | float | str | tuple[str, ...] | None
SessionStatus = Literal["in_progress", "submitted", "timed_out", "voided"]
DeliveredState = Literal["answered", "invalid", "not_presented", "not_reached", "omitted"]
RatingKind = Literal["human", "machine"]


class Rating(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One rater's level for one criterion of a response."""

    criterion_id: str
    kind: RatingKind
    level_id: str
    rated_at: str | UnsetType = UNSET
    rater_id: str


class RubricReference(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """The rubric version that a delivery names for one of its items."""

    assessment_id: str
    version: str


class Response(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What a candidate gave for one item."""

    duration_ms: Integer | UnsetType = UNSET
    item_id: str
    ratings: tuple[Rating, ...] | UnsetType = UNSET
    rubric: RubricReference | UnsetType = UNSET
    state: DeliveredState | UnsetType = UNSET
    value: Value


class Session(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One delivery session."""

    assessment_id: str
    attempt: Attempt | UnsetType = UNSET
    candidate_id: str
    context: dict[str, str] | UnsetType = UNSET
    due_at: str | UnsetType = UNSET
    nonce: Nonce | UnsetType = UNSET
    responses: tuple[Response, ...]
    session_id: str
    started_at: str | UnsetType = UNSET
    status: SessionStatus | UnsetType = UNSET
    submitted_at: str | UnsetType = UNSET
    supersedes: str | UnsetType = UNSET

    @property
    def attempt_number(self) -> int:
        """The attempt, 1 if none was delivered."""
        return 1 if self.attempt is UNSET else self.attempt

    @property
    def effective_status(self) -> SessionStatus:
        """The status, `submitted` if none was delivered."""
        return "submitted" if self.status is UNSET else self.status

    @property
    def superseded_id(self) -> str | None:
        """The response_snapshot_id of the delivery that this one corrects, if any."""
        return None if self.supersedes is UNSET else self.supersedes
