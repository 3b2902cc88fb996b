"""Ledger decisions: what the audit ledger records because somebody decided it.

Unlike the events of `core.ledger_events`, these do not follow from what was delivered: the same
thing can be decided twice. So each carries the id of its request (a ticket, a job), and that is
part of its key: the same request again is recorded once, another one anew. A request id is no
place for a name: the ledger cannot take it back.
"""

from typing import ClassVar

from assessment_pipeline.core.ledger_events import PartitionPayload, SessionPayload
from assessment_pipeline.core.ledger_fields import (
    ContentHash,
    DeliveryDate,
    ReasonCode,
    RequestId,
    SortedHashes,
)


class RescoreRequested(PartitionPayload):
    """A day is to be scored again; `rubrics` are the versions asked for, none for those valid."""

    event_type: ClassVar[str] = "RESCORE_REQUESTED"

    request_id: RequestId
    rubrics: SortedHashes

    @property
    def dedup_key(self) -> str:
        """The request and the day."""
        return f"{self.event_type}:{self.request_id}:{self.delivery_date}"


class ScorePublished(SessionPayload):
    """A score run's result was handed to a destination, such as a gradebook."""

    event_type: ClassVar[str] = "SCORE_PUBLISHED"

    request_id: RequestId
    destination: ReasonCode
    score_run_id: ContentHash
    output_hash: ContentHash

    @property
    def dedup_key(self) -> str:
        """The request, the destination and the score run."""
        return f"{self.event_type}:{self.request_id}:{self.destination}:{self.score_run_id}"


class ScorePublishFailed(SessionPayload):
    """A score run's result was to be handed to a destination, and was not; `reason` is a code."""

    event_type: ClassVar[str] = "SCORE_PUBLISH_FAILED"

    request_id: RequestId
    destination: ReasonCode
    score_run_id: ContentHash
    reason: ReasonCode

    @property
    def dedup_key(self) -> str:
        """The request, the destination, the score run and the reason."""
        what = f"{self.destination}:{self.score_run_id}:{self.reason}"
        return f"{self.event_type}:{self.request_id}:{what}"


class SnapshotErased(SessionPayload):
    """A response snapshot was erased on request, with all that was made of it.

    What is kept are hashes: those of the leaves that it was in the day's Merkle trees, and the
    roots of these trees before. With the leaves that are left, the roots still come out, so that
    what was recorded earlier still holds although the records themselves are gone.
    """

    event_type: ClassVar[str] = "SNAPSHOT_ERASED"

    request_id: RequestId
    delivery_date: DeliveryDate
    response_snapshot_id: ContentHash
    has_stood: bool
    """Whether it was a leaf, and no duplicate or one that another replaced."""
    snapshots_root: ContentHash
    """The day's response_snapshots before."""
    score_run_id: ContentHash | None
    output_hash: ContentHash | None
    scorecards_root: ContentHash | None
    """The day's scorecards before; None if it had none."""

    @property
    def dedup_key(self) -> str:
        """The request, the day and the snapshot."""
        what = f"{self.delivery_date}:{self.response_snapshot_id}"
        return f"{self.event_type}:{self.request_id}:{what}"
