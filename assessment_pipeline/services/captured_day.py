"""A captured day: which records stand, what became of every line, what the ledger says of it.

Holds the decisions over all delivery files of a day, read from the rows that were captured of
each; reading the delivery files and writing is `services.capture`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.core.instants import Instant, parse_instant
from assessment_pipeline.core.ledger_events import (
    DeliveryCaptured,
    Event,
    ResponseSnapshotsCaptured,
)
from assessment_pipeline.core.rejections import Reason
from assessment_pipeline.core.resubmissions import Outcome, Submission, resolve
from assessment_pipeline.core.versions import READER_VERSION
from assessment_pipeline.services.indexes import (
    CapturedFile,
    CapturedRecord,
    RejectedLine,
    SnapshotsIndex,
    StandingSession,
    SubmissionRange,
    read_rows,
)
from assessment_pipeline.storage.artifacts import ArtifactStore


class ResolvedDay(NamedTuple):
    """What became of every record of a day, file by file, and the sessions that stand."""

    outcomes: list[list[Outcome]]
    standing: list[StandingSession]


def resolve_day(store: ArtifactStore, files: Sequence[CapturedFile]) -> ResolvedDay:
    """Decide over all records of a day which of them stand; standing ones in export order."""
    records = [list(read_rows(store, file.records, CapturedRecord)) for file in files]
    outcomes = iter(
        resolve(
            [
                Submission(
                    record.session_id,
                    record.attempt,
                    record.response_snapshot_id,
                    record.status,
                    record.supersedes,
                )
                for rows in records
                for record in rows
            ]
        )
    )
    by_file = [list(islice(outcomes, len(rows))) for rows in records]
    standing = [
        StandingSession(
            assessment_id=record.assessment_id,
            session_id=record.session_id,
            attempt=record.attempt,
            status=record.status,
            submitted_at=record.submitted_at,
            response_snapshot_id=record.response_snapshot_id,
            rubric_names=record.rubric_names,
            file=file,
            record=number,
            offset=record.offset,
            length=record.length,
        )
        for file, rows in enumerate(records)
        for number, record in enumerate(rows)
        if by_file[file][number] is Outcome.STANDING
    ]
    standing.sort(key=lambda row: (row.assessment_id, row.session_id, row.attempt))
    return ResolvedDay(by_file, standing)


class FileCounts(NamedTuple):
    """What became of the lines of one delivery file, and those of them that are refused."""

    outcomes: Counter[Outcome]
    rejected: list[RejectedLine]


def count_file_outcomes(
    store: ArtifactStore, files: Sequence[CapturedFile], resolved: ResolvedDay
) -> Iterator[FileCounts]:
    """Yield each file's counts, with conflicting records among the rejected lines."""
    for file, outcomes in zip(files, resolved.outcomes, strict=True):
        rejected = list(read_rows(store, file.rejected, RejectedLine))
        if Outcome.CONFLICTING in outcomes:
            rejected += _conflicting(store, file, outcomes)
            rejected.sort(key=lambda row: row.line)
        yield FileCounts(Counter(outcomes), rejected)


def _conflicting(
    store: ArtifactStore, file: CapturedFile, outcomes: Sequence[Outcome]
) -> Iterator[RejectedLine]:
    records = read_rows(store, file.records, CapturedRecord)
    with store.opened(file.lines) as lines:
        for record, outcome in zip(records, outcomes, strict=True):
            if outcome is Outcome.CONFLICTING:
                # Of the canonical line; the raw one is hashed when the quarantine is written.
                line = lines[record.offset : record.offset + record.length]
                yield RejectedLine(
                    record.line,
                    record.byte_offset,
                    hash_bytes(line),
                    Reason.CONFLICTING_RESUBMISSION.value,
                    "this session and attempt came with other content before; "
                    "a correction names what it supersedes",
                )


class _Moment(NamedTuple):
    """When a session was submitted, and as it was written."""

    instant: Instant
    text: str


def submission_ranges(standing: Iterable[StandingSession]) -> dict[str, SubmissionRange]:
    """Return when the first and the last session of each assessment was submitted."""
    ranges: dict[str, tuple[_Moment, _Moment]] = {}
    for session in standing:
        if session.submitted_at is None:
            continue
        # Of equal moments written in two ways the one that comes first is kept.
        moment = _Moment(parse_instant(session.submitted_at), session.submitted_at)
        first, last = ranges.get(session.assessment_id, (moment, moment))
        if moment.instant < first.instant:
            first = moment
        elif moment.instant > last.instant:
            last = moment
        ranges[session.assessment_id] = first, last
    return {
        assessment_id: SubmissionRange(first.text, last.text)
        for assessment_id, (first, last) in sorted(ranges.items())
    }


def file_events(
    partition: str,
    files: Sequence[CapturedFile],
    counted: Sequence[FileCounts],
    reader_version: str = READER_VERSION,
) -> Iterator[Event]:
    """Yield what the ledger records of each delivery file."""
    copies: Counter[str] = Counter()
    for file, (outcomes, rejected) in zip(files, counted, strict=True):
        copies[file.sha256] += 1
        reasons = Counter(row.reason for row in rejected)
        yield DeliveryCaptured(
            delivery_date=partition,
            sha256=file.sha256,
            bytes=file.bytes,
            copy_number=copies[file.sha256],
            lines_read=file.lines_read,
            accepted=outcomes[Outcome.STANDING] + outcomes[Outcome.REPLACED],
            duplicates=outcomes[Outcome.DUPLICATE],
            quarantined=reasons.total(),
            reasons=dict(sorted(reasons.items())),
            reader_version=reader_version,
        ).event()


def captured_event(
    partition: str, index: SnapshotsIndex, reader_version: str = READER_VERSION
) -> Event:
    """Return what the ledger records of a captured day."""
    return ResponseSnapshotsCaptured(
        delivery_date=partition,
        content_hash=index.content_hash,
        sessions=index.counts.standing,
        lines_read=index.counts.lines_read,
        accepted=index.counts.accepted,
        duplicates=index.counts.duplicates,
        quarantined=index.counts.quarantined,
        quarantine_sha256=index.quarantine.sha256 if index.quarantine else None,
        reader_version=reader_version,
    ).event()
