"""Why a record is not taken: the closed list of reasons, in their order of precedence.

Holds the words of a rejection alone. A detail names a field and what is expected there; it never
repeats anything that the record says, since it may travel where responses must not.
"""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Reason codes of the quarantine. A record with several faults gets the first of them here."""

    RECORD_TOO_LARGE = "record_too_large"
    EMPTY_LINE = "empty_line"
    BYTE_ORDER_MARK = "byte_order_mark"
    NUL_CHARACTER = "nul_character"
    INVALID_UNICODE = "invalid_unicode"
    TOO_DEEP = "too_deep"
    MALFORMED_JSON = "malformed_json"
    DUPLICATE_KEY = "duplicate_key"
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    INVALID_ID = "invalid_id"
    INVALID_TIME = "invalid_time"
    DUPLICATE_ITEM = "duplicate_item"
    TOO_MANY_RESPONSES = "too_many_responses"
    RESPONSE_TOO_LARGE = "response_too_large"
    # Not seen in a line alone: what else a day's folder can hold.
    CONFLICTING_RESUBMISSION = "conflicting_resubmission"
    NOT_A_REGULAR_FILE = "not_a_regular_file"
    BROKEN_STREAM = "broken_stream"
    RATIO_TOO_HIGH = "ratio_too_high"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record is not taken: its reason code, and which field was to hold what."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """How much of anything is read; the figures are those of the contract."""

    record_bytes: int = 1 << 20
    """Longest line, without its LF."""
    response_bytes: int = 64 << 10
    """Longest value of a response, as UTF-8; a list counts the sum of its texts."""
    responses: int = 1_000
    depth: int = 32
    """Most containers inside one another, the record itself included."""
    context: int = 32
    """Most texts of a session's context."""
    ratio: int = 1_000
    """Most decompressed bytes for each stored byte."""
    decompressed: int = 4 << 30
    """Most decompressed bytes of one file."""


def reject_too_large(limits: ReaderLimits) -> Rejection:
    """Return the rejection of a line whose content was never kept."""
    return Rejection(
        Reason.RECORD_TOO_LARGE,
        f"the line is longer than {limits.record_bytes} bytes; deliver fewer responses in one",
    )
