"""Erasure plan: what there is of a candidate on a delivery day, and what the ledger keeps of it.

Reads alone. The plan is made of what is stored now, so after an erasure that was broken off it
holds only what is still to be done.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from assessment_pipeline.core.ledger_decisions import SnapshotErased
from assessment_pipeline.core.ledger_events import Event, session_subject
from assessment_pipeline.core.reading import Rejection, SessionReader
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.errors import DeliveryChangedError
from assessment_pipeline.services.capture import read_line, stored_hash
from assessment_pipeline.services.delivery_rewriting import count_lines_of
from assessment_pipeline.services.indexes import (
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
    CapturedFile,
    CapturedRecord,
    RejectedLine,
    ScorecardsIndex,
    ScoreRunsIndex,
    SnapshotsIndex,
    StandingSession,
    current_index,
    read_rows,
    require_intact,
)
from assessment_pipeline.sources.folder import delivery_files
from assessment_pipeline.sources.lines import DeliveryFile
from assessment_pipeline.storage.artifacts import ArtifactStore
from assessment_pipeline.storage.files import mapped
from assessment_pipeline.storage.home import Home


class _Named(msgspec.Struct, frozen=True, gc=False):
    """The one field of a captured line that is asked for."""

    candidate_id: str


class _ScoreRun(NamedTuple):
    score_run_id: str
    output_hash: str


@dataclass(frozen=True)
class DayToErase:
    """What there is of a candidate on one day."""

    partition: str
    lines: Mapping[str, int]
    """How many lines of each delivery file are the candidate's, where there are any."""
    events: tuple[Event, ...]
    """An event for each captured snapshot that will be gone."""
    is_shown: bool
    """Whether score runs, scorecards or CSV files of the day show the candidate."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing of the candidate on this day."""
        return not (self.lines or self.events or self.is_shown)


def plan_day(home: Home, partition: str, candidate_id: str, request_id: str) -> DayToErase:
    """Find a candidate's lines and captured snapshots of a day."""
    folder = delivery_files(home.delivery_folder(partition))
    counts = {path.name: count_lines_of(path, candidate_id) for path in folder.paths}
    return DayToErase(
        partition,
        {name: count for name, count in counts.items() if count},
        tuple(_events(home, partition, candidate_id, request_id)),
        any(_shows(path, candidate_id) for path in _shown_files(home, partition)),
    )


def _shown_files(home: Home, partition: str) -> Iterator[Path]:
    """Yield what is stored of a day after its capture and names candidates."""
    yield from home.export_folder(partition).glob("*.csv")
    runs = current_index(home, SCORE_RUNS, partition, ScoreRunsIndex)
    cards = current_index(home, SCORECARDS, partition, ScorecardsIndex)
    yield from (home.artifacts.path(chunk.records) for chunk in (runs.chunks if runs else ()))
    yield from (home.artifacts.path(chunk.scorecards) for chunk in (cards.chunks if cards else ()))


def _shows(path: Path, candidate_id: str) -> bool:
    if not path.is_file():
        return False
    with mapped(path) as content:
        return any(
            content.find(cell.encode()) >= 0 for cell in (f'"{candidate_id}"', f",{candidate_id},")
        )


def _events(home: Home, partition: str, candidate_id: str, request_id: str) -> Iterator[Event]:
    index = current_index(home, SNAPSHOTS, partition, SnapshotsIndex)
    if index is None:
        return
    store = home.artifacts
    require_intact(store, (ref for file in index.files for ref in (file.lines, file.records)))
    standing = {
        (row.session_id, row.attempt): row.response_snapshot_id
        for row in read_rows(store, index.sessions, StandingSession)
    }
    runs = _score_runs(home, partition, candidate_id)
    cards = current_index(home, SCORECARDS, partition, ScorecardsIndex)
    erased: dict[str, CapturedRecord] = {}
    for file in index.files:
        for record in _records_of(store, file, candidate_id):
            erased.setdefault(record.response_snapshot_id, record)
    for snapshot_id, record in sorted(erased.items()):
        session = (record.session_id, record.attempt)
        run = runs.get(snapshot_id)
        yield SnapshotErased(
            request_id=request_id,
            delivery_date=partition,
            response_snapshot_id=snapshot_id,
            has_stood=standing.get(session) == snapshot_id,
            snapshots_root=index.content_hash,
            score_run_id=run.score_run_id if run else None,
            output_hash=run.output_hash if run else None,
            scorecards_root=cards.content_hash if cards else None,
        ).event(session_subject(*session))


def _records_of(
    store: ArtifactStore, file: CapturedFile, candidate_id: str
) -> Iterator[CapturedRecord]:
    decode = msgspec.json.Decoder(_Named).decode
    with store.opened(file.lines) as lines:
        for record in read_rows(store, file.records, CapturedRecord):
            line = lines[record.offset : record.offset + record.length]
            if decode(line).candidate_id == candidate_id:
                yield record


def _score_runs(home: Home, partition: str, candidate_id: str) -> dict[str, _ScoreRun]:
    index = current_index(home, SCORE_RUNS, partition, ScoreRunsIndex)
    if index is None:
        return {}
    require_intact(home.artifacts, (chunk.records for chunk in index.chunks))
    return {
        record.response_snapshot_id: _ScoreRun(record.score_run_id, record.output_hash)
        for chunk in index.chunks
        for record in read_rows(home.artifacts, chunk.records, ScoreRunRecord)
        if record.candidate_id == candidate_id
    }


def refuse_other_changes(home: Home, partition: str, candidate_id: str) -> None:
    """Refuse to go on where a delivery file is not as it was captured.

    DeliveryChangedError, so that an erasure accepts no change but its own; a file that an erasure
    of this candidate has rewritten already, before it was broken off, is right.
    """
    index = current_index(home, SNAPSHOTS, partition, SnapshotsIndex)
    if index is None:
        return
    folder = delivery_files(home.delivery_folder(partition))
    for file in index.files:
        is_there = file.name in folder.files
        if is_there and stored_hash(folder.path / file.name) == file.sha256:
            continue
        if not is_there or not _is_rewritten(home, file, partition, candidate_id):
            state = "has changed" if is_there else "has vanished"
            raise DeliveryChangedError(
                f"deliveries/{partition}/{file.name} {state} since it was captured: put it back, "
                f"or score what is there with `score --date {partition} --accept-changed`; then "
                "erase again."
            )


def _is_rewritten(home: Home, file: CapturedFile, partition: str, candidate_id: str) -> bool:
    """Whether a file holds just what was captured of it, but for the candidate's lines."""
    store = home.artifacts
    gone = {record.line for record in _records_of(store, file, candidate_id)}
    kept = [
        record.response_snapshot_id
        for record in read_rows(store, file.records, CapturedRecord)
        if record.line not in gone
    ]
    refused = iter(row.raw_sha256 for row in read_rows(store, file.rejected, RejectedLine))
    reader, found = SessionReader(), []
    for line in DeliveryFile(home.delivery_folder(partition) / file.name).lines():
        read = read_line(reader, line)
        if not isinstance(read, Rejection):
            found.append(read.response_snapshot_id)
        # Refused lines come in the order of before; some of them may have been the candidate's.
        elif line.raw_sha256 not in refused:
            return False
    return found == kept
