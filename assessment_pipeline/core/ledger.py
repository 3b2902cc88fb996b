r"""The audit ledger's hash chain: entries, how they are built, and how a chain is verified.

Pure: storing is `storage.ledger`, what can be recorded is `core.ledger_events`. Each entry's hash
covers the hash before it and the entry's body, the exact canonical JSON bytes that are stored:
`entry_hash = sha256("assessment-pipeline/ledger/v1\0" || prev_hash || body)`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, NamedTuple

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assessment_pipeline.core.hashing import HASH_PREFIX
from assessment_pipeline.core.ledger_events import Event, EventPayload
from assessment_pipeline.core.ledger_fields import ContentHash
from assessment_pipeline.core.ledger_plain_entries import is_plain_score_run
from assessment_pipeline.core.ledger_registry import PAYLOAD_MODELS
from assessment_pipeline.errors import LedgerError

GENESIS = bytes(32)

_DOMAIN = b"assessment-pipeline/ledger/v1\0"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an entry's body says; the fields in the order of their names, as canonical JSON is."""

    actor: str
    dedup_key: str
    event_type: str
    payload: msgspec.Raw
    recorded_at: str
    run_id: str | None
    seq: int
    subject: str
    v: Literal[1] = 1

    def read_payload(self) -> EventPayload:
        """Return the payload as its model; LedgerError if it is none that this release knows."""
        model = PAYLOAD_MODELS.get(self.event_type)
        if model is None:
            raise LedgerError(
                f"entry {self.seq} has the event type {self.event_type!r}, which this release "
                "does not know: read it with the release that wrote it"
            )
        try:
            # Not model_validate_json, which takes a microsecond more to come to this.
            payload: EventPayload = model.__pydantic_validator__.validate_json(bytes(self.payload))
        except ValidationError as error:
            places = ", ".join(
                ".".join(str(part) for part in problem["loc"]) or problem["msg"]
                for problem in error.errors(include_input=False, include_url=False)
            )
            raise LedgerError(
                f"the payload of entry {self.seq} is no {self.event_type}: {places}"
            ) from None
        return payload


_BODY_ENCODER = msgspec.json.Encoder()
_BODY_DECODER = msgspec.json.Decoder(Body)


class Head(NamedTuple):
    """Where a chain ends: how many entries it has, and the hash of the last."""

    seq: int
    entry_hash: bytes

    def anchor(self, root: bytes | None = None) -> "Anchor":
        """Return what to keep outside the ledger."""
        return Anchor(
            size=self.seq,
            head=HASH_PREFIX + self.entry_hash.hex(),
            root=None if root is None else HASH_PREFIX + root.hex(),
        )


EMPTY = Head(0, GENESIS)


class Entry(NamedTuple):
    """One entry, in the order of the table's columns."""

    seq: int
    prev_hash: bytes
    entry_hash: bytes
    dedup_key: str
    event_type: str
    subject: str
    body: bytes

    def read_body(self) -> Body:
        """Return what the body says; LedgerError if it cannot be read."""
        try:
            return _BODY_DECODER.decode(self.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, TypeError, RecursionError):
            raise LedgerError(f"the body of entry {self.seq} is no ledger body") from None


class Anchor(BaseModel):
    """A ledger's size, head and Merkle root as kept outside; without one, a cut does not show.

    The leaves of the tree (RFC 9162) are the entry hashes, 32 bytes each. An anchor without a
    root is one as good for `verify`; a proof that others can check needs the root.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    size: int = Field(ge=0)
    head: ContentHash
    root: ContentHash | None = None

    @property
    def head_hash(self) -> bytes:
        """The hash of the last entry, 32 bytes."""
        return bytes.fromhex(self.head.removeprefix(HASH_PREFIX))


@dataclass(frozen=True, slots=True)
class ChainProblem:
    """Something in a ledger that is not as it was written; seq 0 is the ledger as a whole."""

    seq: int
    message: str

    def __str__(self) -> str:
        return f"ledger entry {self.seq}: {self.message}" if self.seq else f"ledger: {self.message}"


def entry_hash(prev_hash: bytes, body: bytes) -> bytes:
    """Return the hash of an entry, 32 bytes."""
    return sha256(_DOMAIN + prev_hash + body).digest()


def build_entries(
    head: Head, events: Iterable[Event], *, recorded_at: str, run_id: str | None, actor: str
) -> list[Entry]:
    """Return the entries that record events, in their order, after a head.

    `recorded_at` is UTC, written `2026-11-20T02:00:00Z`; `actor` who or what records, no person's
    name. ValueError if these are not fit to be kept for ever.
    """
    _check_origin(recorded_at, run_id, actor)
    seq, prev_hash = head
    entries = []
    for event in events:
        seq += 1
        event_type, subject, dedup_key = event.event_type, event.subject, event.dedup_key
        body = _BODY_ENCODER.encode(
            Body(
                actor=actor,
                dedup_key=dedup_key,
                event_type=event_type,
                payload=msgspec.Raw(event.payload.canonical()),
                recorded_at=recorded_at,
                run_id=run_id,
                seq=seq,
                subject=subject,
            )
        )
        this_hash = entry_hash(prev_hash, body)
        entries.append(Entry(seq, prev_hash, this_hash, dedup_key, event_type, subject, body))
        prev_hash = this_hash
    return entries


def _check_origin(recorded_at: str, run_id: str | None, actor: str) -> None:
    if not _TIME.fullmatch(recorded_at):
        raise ValueError("recorded_at is not UTC written like 2026-11-20T02:00:00Z")
    for name, text in (("run_id", run_id), ("actor", actor)):
        if text is not None and not (text and text.isprintable()):
            raise ValueError(f"{name} is empty or holds characters that cannot be printed")


class ChainVerifier:
    """A chain checked entry by entry; it goes on after a problem, so that each is named once.

    What is expected of an entry follows from the columns of the one before, not from what they
    should have been: a changed entry is named itself, not every one after it. That no dedup_key
    comes twice is for whoever has all entries at hand: this keeps none.
    """

    def __init__(self, head: Head = EMPTY) -> None:
        """Start after a head that is known to be right; by default at the beginning."""
        self._seq, self._hash = head

    def check(self, entry: Entry) -> list[ChainProblem]:
        """Return what is wrong with the next entry."""
        found = []
        seq, prev_hash, this_hash, dedup_key, event_type, subject, body = entry
        if seq != self._seq + 1:
            message = f"follows entry {self._seq}; entries are missing or renumbered"
            found.append(ChainProblem(seq, message))
        if prev_hash != self._hash:
            found.append(ChainProblem(seq, "prev_hash is not the hash of the entry before"))
        try:
            is_right_hash = entry_hash(prev_hash, body) == this_hash
        except TypeError:  # a column holds text where it should hold bytes
            is_right_hash = False
        if not is_right_hash:
            found.append(ChainProblem(seq, "entry_hash is not the hash of prev_hash and body"))
        # A body whose hash is right is bytes, whatever else may be wrong with it.
        if not (is_right_hash and is_plain_score_run(seq, dedup_key, event_type, subject, body)):
            found.extend(ChainProblem(seq, message) for message in wrong_in_body(entry))
        self._seq, self._hash = seq, this_hash
        return found


def wrong_in_body(entry: Entry) -> list[str]:
    """Return what is wrong with an entry's body, and with the columns that repeat it."""
    try:
        body = entry.read_body()
    except LedgerError as error:
        return [str(error)]
    said = (body.seq, body.dedup_key, body.event_type, body.subject)
    stored = (entry.seq, entry.dedup_key, entry.event_type, entry.subject)
    found = [] if said == stored else _other_columns(stored, said)
    try:
        payload = body.read_payload()
    except LedgerError as error:
        return [*found, str(error)]
    if body.dedup_key != payload.dedup_key or not payload.is_subject(body.subject):
        found.append("dedup_key or subject is not that of its payload")
    if payload.canonical() != bytes(body.payload) or _BODY_ENCODER.encode(body) != entry.body:
        found.append("body is not canonical JSON")
    return found


def _other_columns(stored: tuple[object, ...], said: tuple[object, ...]) -> list[str]:
    names = ("seq", "dedup_key", "event_type", "subject")
    return [
        f"column {name} is not what the body says"
        for name, one, other in zip(names, stored, said, strict=True)
        if one != other
    ]


def repeated(seq: int, dedup_key: str) -> ChainProblem:
    """Return the problem of an entry whose dedup_key an earlier entry has."""
    return ChainProblem(seq, f"dedup_key {dedup_key!r} is there already")


def verify_chain(entries: Iterable[Entry]) -> Iterator[ChainProblem]:
    """Yield every problem of a whole chain, in order."""
    verifier = ChainVerifier()
    keys: set[str] = set()
    for entry in entries:
        yield from verifier.check(entry)
        if entry.dedup_key in keys:
            yield repeated(entry.seq, entry.dedup_key)
        keys.add(entry.dedup_key)
