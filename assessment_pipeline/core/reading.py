"""Reading one delivery line: a snapshot with its canonical bytes and id, or the reason why not.

Holds the fast path: a typed decode, cheap guards, the canonical encoding, the hash. Whatever it
does not take as it is goes to `diagnosis`, which judges slowly and exactly and has the last word;
both must agree on every line, which a property test holds. Lines come from `sources`; what
several records of one session mean together is `resubmissions`.
"""

import re
from functools import cache
from hashlib import sha256
from typing import Final

import msgspec
from msgspec import UNSET

from assessment_pipeline.core.diagnosis import diagnose
from assessment_pipeline.core.hashing import HASH_PREFIX, canonical_json
from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.core.rejections import ReaderLimits, Reason, Rejection, reject_too_large
from assessment_pipeline.core.sessions import Response, Session, Value
from assessment_pipeline.core.structure import (
    ID_PATTERN,
    MAX_TEXT_CHARACTERS,
    SNAPSHOT_ID_PATTERN,
    value_bytes,
)

__all__ = [
    "ReaderLimits",
    "Reason",
    "Rejection",
    "SessionReader",
    "SnapshotRecord",
    "read_session",
]

# Between these, and at zero, msgspec writes a float as json.dumps does: without an exponent.
_PLAIN_FLOAT_MINIMUM: Final = 1e-4
_PLAIN_FLOAT_LIMIT: Final = 1e16
_MAX_KNOWN_IDS: Final = 50_000

_decode = msgspec.json.Decoder(Session).decode
_encode = msgspec.json.Encoder(order="deterministic").encode
# Times that are right whatever the month; all others are left to parse_instant.
_is_common_instant = re.compile(
    r"[12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T(?:[01][0-9]|2[0-3])"
    r":[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
).fullmatch
# An escaped NUL, or a quote escaped as a code point: rare, so judged slowly.
_has_telling_escape = re.compile(rb"\\u00(?:00|22)").search
_is_id = re.compile(ID_PATTERN).fullmatch
_is_snapshot_id = re.compile(SNAPSHOT_ID_PATTERN).fullmatch


class SnapshotRecord(msgspec.Struct, frozen=True, gc=False):
    """An accepted record: its canonical JSON, the hash of that, and the session it says."""

    canonical: bytes
    response_snapshot_id: str
    session: Session


class SessionReader:
    """Reads delivery lines one by one; remembers nothing but ids that were well formed."""

    def __init__(self, limits: ReaderLimits | None = None) -> None:
        """Begin with no id known."""
        self.limits = limits or ReaderLimits()
        self._known_ids: set[str] = set()

    def read(self, line: bytes) -> SnapshotRecord | Rejection:
        """Read one line, without its LF."""
        if len(line) > self.limits.record_bytes:
            return reject_too_large(self.limits)
        try:
            session = _decode(line)
        except ValueError:
            # What msgspec refuses, bad UTF-8 too.
            return self._read_slowly(line)
        canonical = _encode(session)
        if not (_is_seen_whole(line, canonical) and self._is_sound(session, line)):
            return self._read_slowly(line)
        return SnapshotRecord(canonical, HASH_PREFIX + sha256(canonical).hexdigest(), session)

    def _read_slowly(self, line: bytes) -> SnapshotRecord | Rejection:
        delivered = diagnose(line, self.limits)
        if isinstance(delivered, Rejection):
            return delivered
        canonical = canonical_json(delivered)
        snapshot_id = HASH_PREFIX + sha256(canonical).hexdigest()
        return SnapshotRecord(canonical, snapshot_id, _decode(canonical))

    def _is_sound(self, session: Session, line: bytes) -> bool:
        """Say whether the session keeps every rule that its types do not say."""
        responses = session.responses
        item_ids = {response.item_id for response in responses}
        # Both are UNSET, one and the same object, unless one of them was delivered.
        referring = [response for response in responses if response.rubric is not response.ratings]
        return (
            len(item_ids) == len(responses) <= self.limits.responses
            and self._are_ids(item_ids)
            and self._are_values([response.value for response in responses], len(line))
            and all(map(self._has_sound_references, referring))
            and bool(_is_id(session.session_id) and _is_id(session.candidate_id))
            and self._are_ids({session.assessment_id})
            and self._has_sound_header(session)
        )

    def _are_values(self, values: list[Value], line_bytes: int) -> bool:
        """Say whether values are small enough, and written by msgspec as json.dumps would."""
        # A value takes at least as many bytes in its line as it has itself.
        longest = self.limits.response_bytes
        if line_bytes > longest and max(map(value_bytes, values), default=0) > longest:
            return False
        return float not in set(map(type, values)) or all(
            value == 0.0 or _PLAIN_FLOAT_MINIMUM <= abs(value) < _PLAIN_FLOAT_LIMIT
            for value in values
            if type(value) is float
        )

    def _has_sound_header(self, session: Session) -> bool:
        if session.submitted_at is UNSET and session.status != "in_progress":
            return False
        for time in (session.started_at, session.submitted_at, session.due_at):
            if time is not UNSET and not _is_instant(time):
                return False
        if session.supersedes is not UNSET and not _is_snapshot_id(session.supersedes):
            return False
        context = session.context
        return context is UNSET or (
            len(context) <= self.limits.context
            and max(map(len, (*context, *context.values())), default=0) <= MAX_TEXT_CHARACTERS
        )

    def _has_sound_references(self, response: Response) -> bool:
        rubric = response.rubric
        if rubric is not UNSET and not self._are_ids({rubric.assessment_id, rubric.version}):
            return False
        return response.ratings is UNSET or all(
            self._are_ids({rating.rater_id, rating.criterion_id, rating.level_id})
            and (rating.rated_at is UNSET or _is_instant(rating.rated_at))
            for rating in response.ratings
        )

    def _are_ids(self, ids: set[str]) -> bool:
        """Say whether all of some ids are well formed; each distinct one is matched once."""
        unknown = ids - self._known_ids
        if not unknown:
            return True
        if not all(map(_is_id, unknown)):
            return False
        if len(self._known_ids) > _MAX_KNOWN_IDS:
            self._known_ids.clear()
        self._known_ids |= unknown
        return True


def read_session(line: bytes, limits: ReaderLimits | None = None) -> SnapshotRecord | Rejection:
    """Read one delivery line, without its LF; for many lines keep a `SessionReader`."""
    return _reader(limits or ReaderLimits()).read(line)


@cache
def _reader(limits: ReaderLimits) -> SessionReader:
    return SessionReader(limits)


def _is_seen_whole(line: bytes, canonical: bytes) -> bool:
    """Say whether the decoder saw all of a line that it took: no duplicate key, no NUL.

    msgspec keeps the last of two equal keys. Every string of a line, key or value, holds two
    quotes that delimit it and one for each quote in its text, which JSON writes with a backslash;
    so it does in the canonical form, which holds exactly the strings that the decoder kept: all
    of them, or all but the dropped keys and their values. So the numbers of quotes are equal if
    and only if no key came twice, as long as no quote is written as an escaped code point.
    """
    if b"\\" in line and _has_telling_escape(line):
        return False
    return line.count(b'"') == canonical.count(b'"')


def _is_instant(text: str) -> bool:
    if _is_common_instant(text):
        return True
    try:
        parse_instant(text)
    except ValueError:
        return False
    return True
