"""Capture a day: read its delivery files, hash every session, quarantine what cannot be taken.

A day is a pure function of its own folder. Each delivery file is read into canonical lines by
itself; then the day decides which records of one session and attempt stand. A file that was
captured and has changed or vanished since stops the day, unless that is accepted.
"""

import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import UNSET

from assessment_pipeline.core.captured import RubricName
from assessment_pipeline.core.hashing import hash_bytes, partition_hash
from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.core.ledger_events import (
    DeliveryCaptured,
    Event,
    ResponseSnapshotsCaptured,
)
from assessment_pipeline.core.reading import Rejection, SessionReader, SnapshotRecord
from assessment_pipeline.core.rejections import Reason, ReaderLimits, reject_too_large
from assessment_pipeline.core.resubmissions import Outcome, Submission, resolve
from assessment_pipeline.core.versions import READER_VERSION
from assessment_pipeline.errors import DeliveryChangedError
from assessment_pipeline.services.indexes import (
    SNAPSHOTS,
    CaptureCounts,
    CapturedFile,
    CapturedRecord,
    RejectedLine,
    SnapshotsIndex,
    StandingSession,
    SubmissionRange,
    current_index,
    encode_row,
    read_rows,
)
from assessment_pipeline.services.quarantine import (
    RejectedFile,
    is_quarantined,
    write_quarantine,
)
from assessment_pipeline.services.steps import (
    StepResult,
    Workplace,
    input_key,
    is_current,
    point_to,
)
from assessment_pipeline.sources.folder import DayFolder, delivery_files
from assessment_pipeline.sources.lines import Break, DeliveryFile, Line
from assessment_pipeline.storage.files import hash_file, naming

class ResolvedDay(NamedTuple):
    """What became of every record of a day, file by file, and the sessions that stand."""

    outcomes: list[list[Outcome]]
    standing: list[StandingSession]


def capture(place: Workplace, partition: str, *, accept_changed: bool = False) -> StepResult:
    """Capture the sessions of a day and quarantine its bad records."""
    home = place.home
    folder = delivery_files(home.delivery_folder(partition))
    stored = {name: stored_hash(folder.path / name) for name in folder.files}
    key = input_key(SNAPSHOTS, {"files": [[name, sha256] for name, sha256 in stored.items()]})
    pointer = home.pointer(SNAPSHOTS, partition)
    previous = current_index(home, SNAPSHOTS, partition, SnapshotsIndex)
    if previous is not None and not accept_changed:
        _refuse_changed_files(partition, previous, stored)
    if (
        previous is not None
        and is_quarantined(home, partition, previous)
        and is_current(
            place, pointer, key, previous, [captured_event(partition, previous).dedup_key]
        )
    ):
        return _result(partition, stored, previous, folder, is_changed=False, was_skipped=True)

    known = {(file.name, file.sha256): file for file in previous.files} if previous else {}
    files = []
    for name, sha256 in stored.items():
        file = known.get((name, sha256))
        if file is None or file.reader_version != READER_VERSION or not _holds(place, file):
            file = _capture_file(place, folder.path / name, sha256)
        files.append(file)
    resolved = resolve_day(place, files)
    counted = list(count_file_outcomes(place, files, resolved))
    index = _index(place, partition, folder, files, resolved, counted)
    events = file_events(partition, files, counted)
    place.record([*events, captured_event(partition, index)])
    point_to(place, SNAPSHOTS, partition, key, index, index.content_hash)
    is_changed = previous is None or previous.content_hash != index.content_hash
    return _result(partition, stored, index, folder, is_changed=is_changed, was_skipped=False)


def stored_hash(path: Path) -> str:
    """Return the sha256 of a delivery file's bytes; what is no regular file is never opened."""
    with naming(path, "look at"):
        mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):
        return hash_bytes(Reason.NOT_A_REGULAR_FILE.encode())
    return hash_file(path).sha256


def _refuse_changed_files(
    partition: str, previous: SnapshotsIndex, stored: Mapping[str, str]
) -> None:
    gone = [file.name for file in previous.files if file.name not in stored]
    changed = [
        file.name for file in previous.files if stored.get(file.name, file.sha256) != file.sha256
    ]
    if gone or changed:
        what = [f"{name} has vanished" for name in gone] + [f"{name} has changed" for name in changed]
        message = (
            f"deliveries/{partition}: {', '.join(what)} since it was captured. Put the captured "
            f"file back, or score what is there now with `score --date {partition} "
            "--accept-changed`."
        )
        raise DeliveryChangedError(message)


def _holds(place: Workplace, file: CapturedFile) -> bool:
    return all(map(place.home.artifacts.holds, (file.lines, file.records, file.rejected)))


def read_line(reader: SessionReader, line: Line | Break) -> SnapshotRecord | Rejection:
    """Return what a line says, or why it is not taken."""
    if isinstance(line, Break):
        return Rejection(line.reason, line.detail)
    if line.content is None:
        return reject_too_large(reader.limits)
    return reader.read(line.content)


def _capture_file(place: Workplace, path: Path, expected_sha256: str) -> CapturedFile:
    """Read one delivery file into canonical lines, a row a record, and a row a rejected line."""
    store = place.home.artifacts
    reader = SessionReader(ReaderLimits())
    delivery = DeliveryFile(path, reader.limits)
    with store.writer() as lines, store.writer() as records, store.writer() as rejected:
        offset = lines_read = 0
        for line in delivery.lines():
            lines_read += 1
            read = read_line(reader, line)
            if isinstance(read, Rejection):
                rejected.write(encode_row(rejected_row(line, read)))
                continue
            lines.write(read.canonical + b"\n")
            records.write(encode_row(record_row(read, line, offset)))
            offset += len(read.canonical) + 1
            place.progress(SNAPSHOTS, 1)
        if delivery.stored_sha256 not in {None, expected_sha256}:
            message = f"{path} was changed while it was being read; run again when it is complete."
            raise DeliveryChangedError(message)
        return CapturedFile(
            bytes=delivery.stored_bytes,
            lines=lines.finish(),
            lines_read=lines_read,
            name=path.name,
            reader_version=READER_VERSION,
            records=records.finish(),
            rejected=rejected.finish(),
            sha256=expected_sha256,
        )


def record_row(read: SnapshotRecord, line: Line | Break, offset: int) -> CapturedRecord:
    session = read.session
    names = {
        (response.rubric.assessment_id, response.rubric.version)
        for response in session.responses
        if response.rubric is not UNSET
    }
    return CapturedRecord(
        response_snapshot_id=read.response_snapshot_id,
        session_id=session.session_id,
        attempt=session.attempt_number,
        assessment_id=session.assessment_id,
        status=session.effective_status,
        submitted_at=None if session.submitted_at is UNSET else session.submitted_at,
        supersedes=session.superseded_id,
        rubric_names=[RubricName(*name) for name in sorted(names)],
        offset=offset,
        length=len(read.canonical),
        line=line.number,
        byte_offset=line.byte_offset,
    )


def rejected_row(line: Line | Break, read: Rejection) -> RejectedLine:
    return RejectedLine(
        line.number, line.byte_offset, line.raw_sha256, read.reason.value, read.detail
    )


def resolve_day(place: Workplace, files: Sequence[CapturedFile]) -> ResolvedDay:
    """Decide over all records of a day which of them stand; standing ones in export order."""
    store = place.home.artifacts
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
    place: Workplace, files: Sequence[CapturedFile], resolved: ResolvedDay
) -> Iterator[FileCounts]:
    """Yield each file's counts, with conflicting records among the rejected lines."""
    store = place.home.artifacts
    for file, outcomes in zip(files, resolved.outcomes, strict=True):
        rejected = list(read_rows(store, file.rejected, RejectedLine))
        if Outcome.CONFLICTING in outcomes:
            rejected += _conflicting(place, file, outcomes)
            rejected.sort(key=lambda row: row.line)
        yield FileCounts(Counter(outcomes), rejected)


def _conflicting(
    place: Workplace, file: CapturedFile, outcomes: Sequence[Outcome]
) -> Iterator[RejectedLine]:
    store = place.home.artifacts
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


def _index(
    place: Workplace,
    partition: str,
    folder: DayFolder,
    files: list[CapturedFile],
    resolved: ResolvedDay,
    counted: Sequence[FileCounts],
) -> SnapshotsIndex:
    standing = resolved.standing
    with place.home.artifacts.writer() as sessions:
        for session in standing:
            sessions.write(encode_row(session))
        sessions_ref = sessions.finish()
    outcomes = sum((counts.outcomes for counts in counted), Counter[Outcome]())
    reasons = Counter(row.reason for counts in counted for row in counts.rejected)
    return SnapshotsIndex(
        assessments=submission_ranges(standing),
        content_hash=partition_hash((session.response_snapshot_id,) for session in standing),
        counts=CaptureCounts(
            accepted=outcomes[Outcome.STANDING] + outcomes[Outcome.REPLACED],
            duplicates=outcomes[Outcome.DUPLICATE],
            in_progress=sum(session.status == "in_progress" for session in standing),
            lines_read=sum(file.lines_read for file in files),
            quarantined=reasons.total(),
            replaced=outcomes[Outcome.REPLACED],
            standing=len(standing),
        ),
        files=files,
        quarantine=write_quarantine(
            place.home,
            partition,
            [
                RejectedFile(folder.path / file.name, counts.rejected)
                for file, counts in zip(files, counted, strict=True)
            ],
        ),
        reasons=dict(sorted(reasons.items())),
        rubric_names=[
            RubricName(*name)
            for name in sorted(
                {
                    (name.assessment_id, name.version)
                    for session in standing
                    for name in session.rubric_names
                }
            )
        ],
        sessions=sessions_ref,
    )


def submission_ranges(standing: Iterable[StandingSession]) -> dict[str, SubmissionRange]:
    ranges: dict[str, SubmissionRange] = {}
    for session in standing:
        submitted = session.submitted_at
        if submitted is None:
            continue
        known = ranges.get(session.assessment_id, SubmissionRange(submitted, submitted))
        ranges[session.assessment_id] = SubmissionRange(
            min(known.first, submitted, key=parse_instant),
            max(known.last, submitted, key=parse_instant),
        )
    return dict(sorted(ranges.items()))


def file_events(
    partition: str, files: Sequence[CapturedFile], counted: Sequence[FileCounts]
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
            reader_version=READER_VERSION,
        ).event()


def captured_event(partition: str, index: SnapshotsIndex) -> Event:
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
        reader_version=READER_VERSION,
    ).event()


def _result(
    partition: str,
    stored: Mapping[str, str],
    index: SnapshotsIndex,
    folder: DayFolder,
    *,
    is_changed: bool,
    was_skipped: bool,
) -> StepResult:
    notes = [f"deliveries/{partition}/{name} is not read: no delivery file." for name in folder.unread]
    return StepResult(
        asset=SNAPSHOTS,
        partition=partition,
        content_hash=index.content_hash,
        input_hashes=dict(stored),
        is_changed=is_changed,
        was_skipped=was_skipped,
        counts={**msgspec.structs.asdict(index.counts), "files": len(index.files)},
        notes=tuple(notes),
    )
