"""A captured session as later steps read it: canonical JSON in, only the fields they need out.

The values of responses stay canonical JSON bytes, so that equal ones are found by comparing
bytes; nothing is validated again, since a captured line has been.
"""

import msgspec

from assessment_pipeline.core.responses import (
    ResponseState,
    ResponseValue,
)


class RubricName(msgspec.Struct, frozen=True, gc=False):
    """Which rubric a delivery names for one of its items (its item context)."""

    assessment_id: str
    version: str


class CapturedResponse(msgspec.Struct, frozen=True):
    """One response of a captured session; `value` and `ratings` are canonical JSON."""

    item_id: str
    value: msgspec.Raw
    state: ResponseState | None = None
    duration_ms: int | None = None
    rubric: RubricName | None = None
    # Raw cannot be one of several types, so nothing delivered is the JSON of nothing.
    ratings: msgspec.Raw = msgspec.Raw(b"null")


class CapturedHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What a captured session says beside its responses."""

    assessment_id: str
    session_id: str
    candidate_id: str
    attempt: int = 1
    status: str = "submitted"
    started_at: str | None = None
    submitted_at: str | None = None
    due_at: str | None = None
    supersedes: str | None = None


class CapturedSession(CapturedHeader, frozen=True, kw_only=True):
    """One captured session."""

    responses: list[CapturedResponse]


_HEADER_DECODER = msgspec.json.Decoder(CapturedHeader)
_RESPONSE_DECODER = msgspec.json.Decoder(CapturedResponse)
_SESSION_DECODER = msgspec.json.Decoder(CapturedSession)
_VALUE_DECODER: msgspec.json.Decoder[bool | int | float | str | tuple[str, ...] | None] = (
    msgspec.json.Decoder(bool | int | float | str | tuple[str, ...] | None)
)

decode_header = _HEADER_DECODER.decode
decode_response = _RESPONSE_DECODER.decode
decode_session = _SESSION_DECODER.decode


def decode_value(raw: bytes) -> ResponseValue:
    """Return the value that canonical JSON bytes stand for."""
    return _VALUE_DECODER.decode(raw)
