"""Ledger events: what the audit ledger can record, each with the model of its payload.

A payload holds hashes, counts, versions, dates and rubric ids; never a response, a score, a
candidate_id or a session_id in plain text, because a ledger cannot take anything back. What
somebody decides is `core.ledger_decisions`, the list of all kinds `core.ledger_registry`; how
entries are chained is `core.ledger`; storing them is `storage.ledger`.

`dedup_key` is a function of content ids only, and the same key always means the same payload:
where the rest of a payload does not follow from the ids in its key, the key is the content hash
of the whole payload. Each key starts with its event type and a colon.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated, ClassVar, NamedTuple, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator

from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.core.ledger_fields import (
    HASH_PATTERN,
    AssessmentId,
    ContentHash,
    Count,
    DeliveryDate,
    ExportName,
    Ordinal,
    ReasonCode,
    RubricVersionName,
    SortedHashes,
    Timezone,
    Version,
)

_ENCODER = msgspec.json.Encoder(order="sorted")
_HASH = re.compile(HASH_PATTERN)


class EventPayload(BaseModel, ABC):
    """What one kind of event records; a subclass is one kind."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    event_type: ClassVar[str]

    @property
    def dedup_key(self) -> str:
        """The key under which this is recorded once."""
        return f"{self.event_type}:{hash_bytes(self.canonical())}"

    def canonical(self) -> bytes:
        """Return the payload's canonical JSON (equal to `hashing.canonical_json`, but faster)."""
        # No payload nests a model, so its fields are its JSON; model_dump would take longer.
        return _ENCODER.encode(self.__dict__)

    @abstractmethod
    def is_subject(self, subject: str) -> bool:
        """Whether an event with this payload can have this subject."""


class Event(NamedTuple):
    """Something to record: a payload, and what it is about (what an auditor looks it up by)."""

    payload: EventPayload
    subject: str

    @property
    def event_type(self) -> str:
        """The kind of event, in capitals."""
        return self.payload.event_type

    @property
    def dedup_key(self) -> str:
        """The key under which the event is recorded once."""
        return self.payload.dedup_key


class NamedPayload(EventPayload):
    """A payload that names itself what it is about."""

    @property
    @abstractmethod
    def subject(self) -> str:
        """What an auditor looks the event up by."""

    def event(self) -> Event:
        """Return the event that records this."""
        return Event(self, self.subject)

    def is_subject(self, subject: str) -> bool:
        """Whether the subject is this payload's own."""
        return subject == self.subject


class LedgerPayload(NamedPayload):
    """A payload about the ledger itself."""

    @property
    def subject(self) -> str:
        """Always the same."""
        return "ledger"


class PartitionPayload(NamedPayload):
    """A payload about one delivery day."""

    delivery_date: DeliveryDate

    @property
    def subject(self) -> str:
        """The day."""
        return self.delivery_date


class SessionPayload(EventPayload):
    """A payload about one delivery session, which it does not name."""

    def event(self, subject: str) -> Event:
        """Return the event that records this of a session, given its `session_subject`."""
        if not self.is_subject(subject):
            raise ValueError("the subject of a session's event is its session_subject, never an id")
        return Event(self, subject)

    def is_subject(self, subject: str) -> bool:
        """Whether the subject is a content hash."""
        return _HASH.fullmatch(subject) is not None


def session_subject(session_id: str, attempt: int) -> str:
    """Return the subject of a session's events: content hash of `{"attempt", "session_id"}`.

    >>> session_subject("s-000017", 1)
    'sha256:4dc0c7417d9faccd60aa30031d4e2a303ed5d93d40a84161e35eeee7454094f2'
    """
    return hash_bytes(_ENCODER.encode({"attempt": attempt, "session_id": session_id}))


class LedgerCreated(LedgerPayload):
    """The first entry: the time zone in which delivery days begin and end, fixed from here on."""

    event_type: ClassVar[str] = "LEDGER_CREATED"

    timezone: Timezone

    @property
    def dedup_key(self) -> str:
        """One for every ledger, so that a second time zone contradicts the first."""
        return f"{self.event_type}:"


class LineCounts(PartitionPayload):
    """How many lines were read and what became of them; they always add up."""

    lines_read: Count
    accepted: Count
    duplicates: Count
    quarantined: Count

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.lines_read != self.accepted + self.duplicates + self.quarantined:
            raise ValueError("lines_read is not accepted + duplicates + quarantined")
        return self


class DeliveryCaptured(LineCounts):
    """One delivery file was read: its stored bytes, and its lines by what became of them.

    The counts depend on the day's other files too, so the key is of the whole payload.
    `copy_number` is 2 for the day's second file with the very same bytes, and so on: file names
    stay out of the ledger.
    """

    event_type: ClassVar[str] = "DELIVERY_CAPTURED"

    sha256: ContentHash
    bytes: Count
    copy_number: Ordinal = 1
    reasons: Mapping[ReasonCode, Ordinal]
    reader_version: Version

    @model_validator(mode="after")
    def _reasons_add_up(self) -> Self:
        if sum(self.reasons.values()) != self.quarantined:
            raise ValueError("the reasons do not add up to quarantined")
        return self


class ResponseSnapshotsCaptured(LineCounts):
    """A day's sessions were captured: the Merkle root over them, and the day's counts."""

    event_type: ClassVar[str] = "RESPONSE_SNAPSHOTS_CAPTURED"

    content_hash: ContentHash
    sessions: Count
    quarantine_sha256: ContentHash | None
    reader_version: Version


class SnapshotConflict(SessionPayload):
    """One session and attempt came with other content on another day.

    `delivery_dates` are in the order of the ids. They are part of the key: the same two
    snapshots can meet again on further days.
    """

    event_type: ClassVar[str] = "SNAPSHOT_CONFLICT"

    response_snapshot_ids: Annotated[SortedHashes, Field(min_length=2, max_length=2)]
    delivery_dates: tuple[DeliveryDate, DeliveryDate]

    @property
    def dedup_key(self) -> str:
        """The sorted pair, each with its day."""
        pair = zip(self.response_snapshot_ids, self.delivery_dates, strict=True)
        return ":".join((self.event_type, *(part for each in pair for part in each)))


class RubricPublished(NamedPayload):
    """A rubric version scored for the first time and is frozen.

    The key is the version's name, so that a changed rubric contradicts the published one.
    """

    event_type: ClassVar[str] = "RUBRIC_PUBLISHED"

    assessment_id: AssessmentId
    version: RubricVersionName
    content_hash: ContentHash
    structure_hash: ContentHash

    @property
    def subject(self) -> str:
        """The version as CSV files name it; unambiguous, since an assessment_id has no slash."""
        return f"{self.assessment_id}/{self.version}"

    @property
    def dedup_key(self) -> str:
        """The version's name."""
        return f"{self.event_type}:{self.subject}"


class ScoringRunCreated(SessionPayload):
    """A response snapshot was scored; a score_run_id with another output contradicts the first."""

    event_type: ClassVar[str] = "SCORING_RUN_CREATED"

    score_run_id: ContentHash
    response_snapshot_id: ContentHash
    rubrics: SortedHashes
    output_hash: ContentHash
    engine_version: Version
    feature_version: Version

    @property
    def dedup_key(self) -> str:
        """The score_run_id."""
        return self.key_of(self.score_run_id)

    @classmethod
    def key_of(cls, score_run_id: str) -> str:
        """Return the key under which a score run is recorded."""
        return f"{cls.event_type}:{score_run_id}"


class SessionRescored(SessionPayload):
    """A session's current score run was replaced; both runs have entries of their own."""

    event_type: ClassVar[str] = "SESSION_RESCORED"

    old_score_run_id: ContentHash
    old_response_snapshot_id: ContentHash
    old_output_hash: ContentHash
    new_score_run_id: ContentHash
    new_response_snapshot_id: ContentHash
    new_output_hash: ContentHash

    @property
    def dedup_key(self) -> str:
        """The old and the new score_run_id, from which the rest follows."""
        return f"{self.event_type}:{self.old_score_run_id}:{self.new_score_run_id}"


class ScorecardsGenerated(PartitionPayload):
    """A day's scorecards: the Merkle root over them, from which their count follows."""

    event_type: ClassVar[str] = "SCORECARDS_GENERATED"

    content_hash: ContentHash
    scorecards: Count
    engine_version: Version
    export_version: Version

    @property
    def dedup_key(self) -> str:
        """The day, the content and the versions that made it."""
        versions = f"{self.engine_version}:{self.export_version}"
        return f"{self.event_type}:{self.delivery_date}:{self.content_hash}:{versions}"


class CsvExported(PartitionPayload):
    """A day's exports: content hash of the manifest's `files`, and each file's sha256."""

    event_type: ClassVar[str] = "CSV_EXPORTED"

    content_hash: ContentHash
    files: Mapping[ExportName, ContentHash]
    export_version: Version

    @property
    def dedup_key(self) -> str:
        """The day, the content and the version that made it."""
        return f"{self.event_type}:{self.delivery_date}:{self.content_hash}:{self.export_version}"


class LedgerAnchored(LedgerPayload):
    """The ledger's size and head were handed to a place outside of it."""

    event_type: ClassVar[str] = "LEDGER_ANCHORED"

    seq: Ordinal
    entry_hash: ContentHash

    @property
    def dedup_key(self) -> str:
        """The entry's hash, in which its seq is contained."""
        return f"{self.event_type}:{self.entry_hash}"
