"""The structure of a delivered record: which fields it has, and what each may hold.

Holds the slow, exact judgement of a parsed JSON object, field by field as in the contract. All
faults are looked for, and the one that comes first in `rejections.Reason` is named, at the place
where it occurs first: so the reason does not depend on the order of fields.
"""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Final, TypeGuard, get_args

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.core.rejections import ReaderLimits, Reason, Rejection
from assessment_pipeline.core.sessions import (
    NONCE_CHARACTERS,
    DeliveredState,
    RatingKind,
    SessionStatus,
    Value,
)

ID_PATTERN: Final = r"[A-Za-z0-9_][A-Za-z0-9._:@+=~-]{0,254}"
SNAPSHOT_ID_PATTERN: Final = r"sha256:[0-9a-f]{64}"
MAX_TEXT_CHARACTERS: Final = 255

_is_id = re.compile(ID_PATTERN).fullmatch
_is_snapshot_id = re.compile(SNAPSHOT_ID_PATTERN).fullmatch
_ID_EXPECTED: Final = "an id: 1 to 255 of A-Z a-z 0-9 . _ : - @ + = ~, first a letter, a digit or _"
_ORDER: Final = tuple(Reason)


def value_bytes(value: Json | Value) -> int:
    """Return how large a response's value is: its text as UTF-8, a list by the sum of its texts."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, list | tuple):
        return sum(len(text.encode()) for text in value if isinstance(text, str))
    return 0


def structure_problem(delivered: Json, limits: ReaderLimits) -> Rejection | None:
    """Return the first fault of a parsed record, or nothing."""
    structure = _Structure(limits)
    structure.check_session(delivered)
    return structure.first_problem


_Check = Callable[["_Structure", str, Json], None]


class _Structure:
    """One walk over one record, gathering the first fault of each reason."""

    def __init__(self, limits: ReaderLimits) -> None:
        self._limits = limits
        self._problems: dict[Reason, str] = {}

    @property
    def first_problem(self) -> Rejection | None:
        """The fault whose reason comes first."""
        if not self._problems:
            return None
        reason = min(self._problems, key=_ORDER.index)
        return Rejection(reason, self._problems[reason])

    def check_session(self, delivered: Json) -> None:
        """Check a whole record."""
        session = self._fields("$", delivered, _SESSION_FIELDS, _SESSION_REQUIRED)
        if session is None or "submitted_at" in session:
            return
        if session.get("status") != "in_progress":
            self._add(Reason.MISSING_FIELD, "$.submitted_at is required unless in_progress")

    def _add(self, reason: Reason, detail: str) -> None:
        self._problems.setdefault(reason, detail)

    def _wrong(self, path: str, expected: str) -> None:
        self._add(Reason.WRONG_TYPE, f"{path} must be {expected}")

    def _fields(
        self, path: str, value: Json, checks: Mapping[str, _Check], required: tuple[str, ...]
    ) -> dict[str, Json] | None:
        if not isinstance(value, dict):
            self._wrong(path, "an object")
            return None
        for position, (name, field) in enumerate(value.items(), start=1):
            check = checks.get(name)
            if check is not None:
                check(self, f"{path}.{name}", field)
                continue
            # The name itself may be anything, a person's name too: only its place is told.
            close = get_close_matches(name[:MAX_TEXT_CHARACTERS], checks, n=1)
            meant = f"; {close[0]} may be meant" if close else ""
            known = ", ".join(checks)
            detail = f"field number {position} of {path} is none of {known}{meant}"
            self._add(Reason.UNKNOWN_FIELD, detail)
        for name in required:
            if name not in value:
                self._add(Reason.MISSING_FIELD, f"{path}.{name} is required")
        return value

    def _id(self, path: str, value: Json) -> None:
        if not isinstance(value, str):
            self._wrong(path, "a text")
        elif not _is_id(value):
            self._add(Reason.INVALID_ID, f"{path} must be {_ID_EXPECTED}")

    def _snapshot_id(self, path: str, value: Json) -> None:
        if not isinstance(value, str):
            self._wrong(path, "a text")
        elif not _is_snapshot_id(value):
            self._add(Reason.INVALID_ID, f"{path} must be sha256: and 64 digits of 0-9 a-f")

    def _time(self, path: str, value: Json) -> None:
        if not isinstance(value, str):
            self._wrong(path, "a text")
            return
        try:
            parse_instant(value)
        except ValueError:
            detail = f"{path} must be an RFC 3339 time with an offset, as 2026-11-20T09:00:00Z"
            self._add(Reason.INVALID_TIME, detail)

    def _one_of(self, path: str, value: Json, choices: tuple[str, ...]) -> None:
        if not isinstance(value, str) or value not in choices:
            self._wrong(path, f"one of {', '.join(choices)}")

    def _status(self, path: str, value: Json) -> None:
        self._one_of(path, value, get_args(SessionStatus))

    def _state(self, path: str, value: Json) -> None:
        self._one_of(path, value, get_args(DeliveredState))

    def _kind(self, path: str, value: Json) -> None:
        self._one_of(path, value, get_args(RatingKind))

    def _attempt(self, path: str, value: Json) -> None:
        if not _is_integer(value) or value < 1:
            self._wrong(path, "an integer of at least 1")

    def _duration(self, path: str, value: Json) -> None:
        if not _is_integer(value):
            self._wrong(path, "an integer, without decimal point or exponent")

    def _nonce(self, path: str, value: Json) -> None:
        shortest, longest = NONCE_CHARACTERS
        if not isinstance(value, str) or not shortest <= len(value) <= longest:
            self._wrong(path, f"a text of {shortest} to {longest} characters")

    def _context(self, path: str, value: Json) -> None:
        if not isinstance(value, dict) or len(value) > self._limits.context:
            self._wrong(path, f"an object of at most {self._limits.context} texts")
            return
        for position, (name, text) in enumerate(value.items(), start=1):
            if not (isinstance(text, str) and max(len(name), len(text)) <= MAX_TEXT_CHARACTERS):
                place = f"field number {position} of {path}"
                self._wrong(place, f"a text, it and its name at most {MAX_TEXT_CHARACTERS} long")

    def _responses(self, path: str, value: Json) -> None:
        if not isinstance(value, list):
            self._wrong(path, "a list")
            return
        if len(value) > self._limits.responses:
            detail = f"{path} holds more than {self._limits.responses} responses"
            self._add(Reason.TOO_MANY_RESPONSES, detail)
        places: dict[str, int] = {}
        for position, response in enumerate(value):
            place = f"{path}[{position}]"
            fields = self._fields(place, response, _RESPONSE_FIELDS, _RESPONSE_REQUIRED)
            item_id = fields and fields.get("item_id")
            if not isinstance(item_id, str):
                continue
            first = places.setdefault(item_id, position)
            if first != position:
                detail = f"{place}.item_id is that of {path}[{first}]; an item comes once"
                self._add(Reason.DUPLICATE_ITEM, detail)

    def _value(self, path: str, value: Json) -> None:
        if isinstance(value, dict) or (
            isinstance(value, list) and not all(isinstance(text, str) for text in value)
        ):
            self._wrong(path, "a text, a number, true, false, null or a list of texts")
        elif value_bytes(value) > self._limits.response_bytes:
            detail = f"{path} is larger than {self._limits.response_bytes} bytes of UTF-8"
            self._add(Reason.RESPONSE_TOO_LARGE, detail)

    def _rubric(self, path: str, value: Json) -> None:
        self._fields(path, value, _RUBRIC_FIELDS, tuple(_RUBRIC_FIELDS))

    def _ratings(self, path: str, value: Json) -> None:
        if not isinstance(value, list):
            self._wrong(path, "a list")
            return
        for position, rating in enumerate(value):
            self._fields(f"{path}[{position}]", rating, _RATING_FIELDS, _RATING_REQUIRED)

    # What each object may hold; the names are those of the structs in `sessions`.
    SESSION: Final[Mapping[str, _Check]] = {
        "session_id": _id,
        "candidate_id": _id,
        "assessment_id": _id,
        "attempt": _attempt,
        "status": _status,
        "started_at": _time,
        "submitted_at": _time,
        "due_at": _time,
        "responses": _responses,
        "supersedes": _snapshot_id,
        "context": _context,
        "nonce": _nonce,
    }
    RESPONSE: Final[Mapping[str, _Check]] = {
        "item_id": _id,
        "value": _value,
        "state": _state,
        "duration_ms": _duration,
        "rubric": _rubric,
        "ratings": _ratings,
    }
    RATING: Final[Mapping[str, _Check]] = {
        "rater_id": _id,
        "criterion_id": _id,
        "level_id": _id,
        "kind": _kind,
        "rated_at": _time,
    }
    RUBRIC: Final[Mapping[str, _Check]] = {"assessment_id": _id, "version": _id}


_SESSION_FIELDS: Final = _Structure.SESSION
_SESSION_REQUIRED: Final = ("session_id", "candidate_id", "assessment_id", "responses")
_RESPONSE_FIELDS: Final = _Structure.RESPONSE
_RESPONSE_REQUIRED: Final = ("item_id", "value")
_RATING_FIELDS: Final = _Structure.RATING
_RATING_REQUIRED: Final = ("rater_id", "criterion_id", "level_id", "kind")
_RUBRIC_FIELDS: Final = _Structure.RUBRIC
FIELD_NAMES: Final = frozenset(
    {*_SESSION_FIELDS, *_RESPONSE_FIELDS, *_RATING_FIELDS, *_RUBRIC_FIELDS}
)


def _is_integer(value: Json) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
