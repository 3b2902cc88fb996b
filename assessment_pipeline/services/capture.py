"""Capture a day: read its delivery files, hash every session, quarantine what cannot be taken.

A day is a pure function of its own folder. Each delivery file is read into canonical lines by
itself; then the day decides which records of one session and attempt stand. A file that was
captured and has changed or vanished since stops the day, unless that is accepted.
"""

import stat
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import UNSET

from assessment_pipeline.core.captured import RubricName
from assessment_pipeline.core.hashing import hash_bytes, partition_hash
from assessment_pipeline.core.reading import Rejection, SessionReader, SnapshotRecord
from assessment_pipeline.core.rejections import ReaderLimits, Reason, reject_too_large
from assessment_pipeline.core.resubmissions import Outcome
from assessment_pipeline.core.versions import READER_VERSION
from assessment_pipeline.errors import DeliveryChangedError
from assessment_pipeline.services.captured_day import (
    FileCounts,
    ResolvedDay,
    captured_event,
    count_file_outcomes,
    file_events,
    resolve_day,
    submission_ranges,
)
from assessment_pipeline.services.cycles import uncollected
from assessment_pipeline.services.indexes import (
    SNAPSHOTS,
    CaptureCounts,
    CapturedFile,
    CapturedRecord,
    RejectedLine,
    SnapshotsIndex,
    encode_row,
    previous_index,
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
from assessment_pipeline.storage.home import Pointer


@uncollected()
def capture(place: Workplace, partition: str, *, accept_changed: bool = False) -> StepResult:
    """Capture the sessions of a day and quarantine its bad records."""
    home = place.home
    home.sweep()
    folder = delivery_files(home.delivery_folder(partition))
    stored = {name: stored_hash(folder.path / name) for name in folder.files}
    key = input_key(SNAPSHOTS, {"files": [[name, sha256] for name, sha256 in stored.items()]})
    pointer = home.pointer(SNAPSHOTS, partition)
    previous = previous_index(home, SNAPSHOTS, partition, SnapshotsIndex)
    if previous is not None and not accept_changed:
        _refuse_changed_files(partition, previous, stored)
    if (
        previous is not None
        and is_quarantined(home, partition, previous)
        and is_current(
            place, pointer, key, previous, [captured_event(partition, previous).dedup_key]
        )
    ):
        return _result(partition, stored, previous, is_changed=False, was_skipped=True)

    known = {(file.name, file.sha256): file for file in previous.files} if previous else {}
    files = []
    for name, sha256 in stored.items():
        file = known.get((name, sha256))
        if file is None or file.reader_version != READER_VERSION or not _holds(place, file):
            file = _capture_file(place, folder.path / name, sha256)
        files.append(file)
    resolved = resolve_day(home.artifacts, files)
    counted = list(count_file_outcomes(home.artifacts, files, resolved))
    index = _index(place, partition, folder, files, resolved, counted)
    if previous is None and not accept_changed:
        _refuse_other_content(partition, pointer, index)
    events = file_events(partition, files, counted)
    place.record([*events, captured_event(partition, index)])
    point_to(place, SNAPSHOTS, partition, key, index, index.content_hash)
    is_changed = pointer is None or pointer.content_hash != index.content_hash
    return _result(partition, stored, index, is_changed=is_changed, was_skipped=False)


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
        what = [f"{name} has vanished" for name in gone]
        what += [f"{name} has changed" for name in changed]
        message = (
            f"deliveries/{partition}: {', '.join(what)} since it was captured. Put the captured "
            f"file back, or score what is there now with `score --date {partition} "
            "--accept-changed`."
        )
        raise DeliveryChangedError(message)


def _refuse_other_content(partition: str, pointer: Pointer | None, index: SnapshotsIndex) -> None:
    """Refuse what is there now where the record of what was captured is lost, and it differs."""
    if pointer is not None and pointer.content_hash != index.content_hash:
        message = (
            f"deliveries/{partition}: what was captured before is lost, and the files there now "
            "give other sessions. Restore artifacts/ from a backup, or score what is there with "
            f"`score --date {partition} --accept-changed`."
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
                rejected.write(encode_row(_rejected_row(line, read)))
                continue
            lines.write(read.canonical + b"\n")
            records.write(encode_row(_record_row(read, line, offset)))
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


def _record_row(read: SnapshotRecord, line: Line | Break, offset: int) -> CapturedRecord:
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


def _rejected_row(line: Line | Break, read: Rejection) -> RejectedLine:
    return RejectedLine(
        line.number, line.byte_offset, line.raw_sha256, read.reason.value, read.detail
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


def _result(
    partition: str,
    stored: Mapping[str, str],
    index: SnapshotsIndex,
    *,
    is_changed: bool,
    was_skipped: bool,
) -> StepResult:
    return StepResult(
        asset=SNAPSHOTS,
        partition=partition,
        content_hash=index.content_hash,
        input_hashes=dict(stored),
        is_changed=is_changed,
        was_skipped=was_skipped,
        counts={**msgspec.structs.asdict(index.counts), "files": len(index.files)},
    )
