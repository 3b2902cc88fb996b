"""Erased sessions: what `verify` says of a day from which a candidate was erased.

What was recorded of the day before the erasure must still hold: with the leaves that
SNAPSHOT_ERASED keeps, those that are left give the roots of before. Reads alone; erasing is
`services.erasure`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from assessment_pipeline.core.hashing import partition_hash
from assessment_pipeline.core.ledger_decisions import SnapshotErased
from assessment_pipeline.core.ledger_events import (
    ResponseSnapshotsCaptured,
    ScorecardsGenerated,
    session_subject,
)
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.services.indexes import CapturedRecord, StandingSession, read_rows
from assessment_pipeline.services.stored_day import StoredDay
from assessment_pipeline.storage.ledger import Ledger

# Attempts are numbers that a delivery system gives; nobody takes a test this often.
_MOST_ATTEMPTS: Final = 100


class ErasedSnapshot(NamedTuple):
    """One SNAPSHOT_ERASED entry."""

    seq: int
    recorded_at: str
    payload: SnapshotErased


class Request(NamedTuple):
    """What one request has erased on a day."""

    request_id: str
    recorded_at: str
    snapshots: tuple[ErasedSnapshot, ...]

    def __str__(self) -> str:
        seqs = [each.seq for each in self.snapshots]
        entries = f"entry {seqs[0]}" if len(seqs) == 1 else f"entries {min(seqs)} to {max(seqs)}"
        return f"request {self.request_id} of {self.recorded_at}, ledger {entries}"


class ErasedDays:
    """All that a ledger says was erased, by day."""

    def __init__(self, ledger: Ledger) -> None:
        """Read the ledger's SNAPSHOT_ERASED entries."""
        self._by_day: defaultdict[str, list[ErasedSnapshot]] = defaultdict(list)
        for each in _erased(ledger):
            self._by_day[each.payload.delivery_date].append(each)

    def of(self, partition: str) -> list[Request]:
        """Return what was erased on a day, the latest request first."""
        by_request: defaultdict[str, list[ErasedSnapshot]] = defaultdict(list)
        for each in self._by_day.get(partition, ()):
            by_request[each.payload.request_id].append(each)
        requests = (
            Request(name, found[0].recorded_at, tuple(found)) for name, found in by_request.items()
        )
        return sorted(requests, key=lambda request: request.snapshots[0].seq, reverse=True)


def _erased(ledger: Ledger) -> Iterator[ErasedSnapshot]:
    for entry in ledger.find(event_type=SnapshotErased.event_type):
        body = entry.read_body()
        payload = body.read_payload()
        if isinstance(payload, SnapshotErased):
            yield ErasedSnapshot(entry.seq, body.recorded_at, payload)


def returned(stored: StoredDay, requests: Iterable[Request]) -> Iterator[str]:
    """Yield a sentence for each request whose snapshots are in a day again."""
    captured = {
        record.response_snapshot_id
        for file in stored.snapshots.files
        for record in read_rows(stored.home.artifacts, file.records, CapturedRecord)
    }
    for request in requests:
        again = sum(each.payload.response_snapshot_id in captured for each in request.snapshots)
        if again:
            yield (
                f"deliveries/{stored.partition}: snapshots that were erased are there again: "
                f"{again} ({request}); run `assessment-pipeline erase` again."
            )


def remarks(stored: StoredDay, requests: Sequence[Request], ledger: Ledger) -> Iterator[str]:
    """Yield a sentence for each request: what was erased, and whether the roots still hold."""
    store = stored.home.artifacts
    # Sets, because an erasure that was broken off and begun again was recorded by two requests.
    snapshots = {
        (row.response_snapshot_id,)
        for row in read_rows(store, stored.snapshots.sessions, StandingSession)
    }
    runs = {
        (record.score_run_id, record.output_hash)
        for chunk in stored.score_runs.chunks
        for record in read_rows(store, chunk.records, ScoreRunRecord)
    }
    recorded = _recorded_roots(ledger, stored.partition)
    for request in requests:
        payloads = [each.payload for each in request.snapshots]
        stood = [each for each in payloads if each.has_stood]
        snapshots |= {(each.response_snapshot_id,) for each in stood}
        runs |= {
            (each.score_run_id, each.output_hash)
            for each in stood
            if each.score_run_id is not None and each.output_hash is not None
        }
        before = {root for each in payloads for root in (each.snapshots_root, each.scorecards_root)}
        derived = {partition_hash(snapshots)}
        if payloads[0].scorecards_root is not None:
            derived.add(partition_hash(runs))
        holds = derived == before - {None} and derived <= recorded
        yield (
            f"{stored.partition}: snapshots erased: {len(payloads)} ({request}); "
            + (
                "with the leaves that the ledger keeps of them, the Merkle roots recorded before "
                "still come out."
                if holds
                else "sessions have come or gone since, so the Merkle roots recorded before cannot "
                "be derived from what is there."
            )
        )


def _recorded_roots(ledger: Ledger, partition: str) -> set[str]:
    roots = set()
    for entry in ledger.find(subject=partition):
        payload = entry.read_body().read_payload()
        if isinstance(payload, ResponseSnapshotsCaptured | ScorecardsGenerated):
            roots.add(payload.content_hash)
    return roots


def erased_attempts(
    ledger: Ledger, session_id: str, attempt: int | None, partition: str | None
) -> Iterator[str]:
    """Yield a sentence for each attempt of a session that was erased."""
    attempts = range(1, _MOST_ATTEMPTS + 1) if attempt is None else (attempt,)
    subjects = {session_subject(session_id, number): number for number in attempts}
    found = [
        (entry.seq, subjects[entry.subject], entry.read_body())
        for entry in ledger.find_about(SnapshotErased.event_type, subjects)
    ]
    for seq, number, body in sorted(found, key=lambda each: each[0]):
        payload = body.read_payload()
        if isinstance(payload, SnapshotErased) and partition in {None, payload.delivery_date}:
            yield (
                f"{session_id}, attempt {number}, delivered {payload.delivery_date}, was erased: "
                f"request {payload.request_id} of {body.recorded_at}, ledger entry {seq}."
            )
