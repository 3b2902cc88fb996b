"""Score events: what the ledger records of a day's score runs, read from their stored records.

Holds no writing: `services.score` appends these events, `services.verify` compares them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from assessment_pipeline.core.ledger_events import (
    Event,
    RubricPublished,
    ScoringRunCreated,
    SessionRescored,
    session_subject,
)
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue, RubricVersion
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.services.indexes import ScoreChunk, ScoreRunsIndex, read_rows
from assessment_pipeline.services.steps import VERSIONS
from assessment_pipeline.storage.artifacts import ArtifactStore
from assessment_pipeline.storage.ledger import Ledger


class RecordedRun(msgspec.Struct, frozen=True, gc=False):
    """What the ledger needs of a stored score run; its other fields are passed over."""

    assessment_id: str
    attempt: int
    output_hash: str
    response_snapshot_id: str
    rubrics: list[str]
    score_run_id: str
    session_id: str
    supersedes: str | None


class _Named(msgspec.Struct, frozen=True, gc=False):
    score_run_id: str


class _Output(msgspec.Struct, frozen=True, gc=False):
    output_hash: str
    score_run_id: str


def records_of(store: ArtifactStore, chunks: Iterable[ScoreChunk]) -> Iterator[RecordedRun]:
    """Yield what is recorded of the score runs of chunks."""
    for chunk in chunks:
        yield from read_rows(store, chunk.records, RecordedRun)


def dedup_keys_of(store: ArtifactStore, chunks: Iterable[ScoreChunk]) -> Iterator[str]:
    """Yield the keys under which the score runs of chunks are recorded."""
    for chunk in chunks:
        for record in read_rows(store, chunk.records, _Named):
            yield ScoringRunCreated.key_of(record.score_run_id)


def published_event(version: RubricVersion) -> Event:
    """Return the ledger event of a rubric version that has scored."""
    return RubricPublished(
        assessment_id=version.rubric.assessment_id,
        version=version.rubric.version,
        content_hash=version.content_hash,
        structure_hash=version.structure_hash,
    ).event()


def created_event(
    record: RecordedRun | ScoreRunRecord, versions: Mapping[str, str] = VERSIONS
) -> Event:
    """Return the ledger event of one score run, made by these versions."""
    payload = ScoringRunCreated(
        score_run_id=record.score_run_id,
        response_snapshot_id=record.response_snapshot_id,
        rubrics=tuple(record.rubrics),
        output_hash=record.output_hash,
        engine_version=versions["engine_version"],
        feature_version=versions["feature_version"],
    )
    return payload.event(session_subject(record.session_id, record.attempt))


def events_of(
    store: ArtifactStore,
    index: ScoreRunsIndex,
    previous: ScoreRunsIndex | None,
    catalogue: RubricCatalogue,
    ledger: Ledger,
    *,
    was_scored: bool,
) -> Iterator[Event]:
    """Yield what one transaction records: rubrics used, score runs, re-scored sessions.

    Where a chunk is as it was before, only those score runs that the ledger does not have with just
    this output: nearly none, so that few events need be made.

    Args:
        store: holds the artifacts.
        index: the day's score runs.
        previous: those of before; nothing if there are none, or if they are lost.
        catalogue: the rubrics.
        ledger: what is recorded already.
        was_scored: whether the day was scored before.
    """
    # First of all: whoever appends events asks for some before it locks the ledger.
    before = _runs_before(store, index, previous, ledger) if was_scored else {}
    for version in sorted(catalogue.versions, key=lambda version: version.label):
        if version.content_hash in index.rubrics:
            yield published_event(version)
    new = _other_chunks(index, previous)
    if len(new) == len(index.chunks):
        yield from map(created_event, records_of(store, new))
    else:
        yield from _unrecorded(store, index.chunks, ledger)
    if before:
        yield from _rescored(records_of(store, new), before)


def _unrecorded(
    store: ArtifactStore, chunks: Sequence[ScoreChunk], ledger: Ledger
) -> Iterator[Event]:
    unrecorded = ledger.unlike(_outputs(store, chunks))
    for chunk in chunks:
        if not unrecorded.isdisjoint(dedup_keys_of(store, [chunk])):
            events = map(created_event, records_of(store, [chunk]))
            yield from (event for event in events if event.dedup_key in unrecorded)


def _outputs(store: ArtifactStore, chunks: Iterable[ScoreChunk]) -> Mapping[str, str]:
    """Return what the entry of each score run of chunks says of its output, by its key."""
    return {
        ScoringRunCreated.key_of(record.score_run_id): f'"output_hash":"{record.output_hash}"'
        for chunk in chunks
        for record in read_rows(store, chunk.records, _Output)
    }


class _Before(NamedTuple):
    """The score run that a session had."""

    score_run_id: str
    response_snapshot_id: str
    output_hash: str


def _runs_before(
    store: ArtifactStore, index: ScoreRunsIndex, previous: ScoreRunsIndex | None, ledger: Ledger
) -> Mapping[str, _Before]:
    """Return the score runs of before that lie in no chunk of now, by the session's subject."""
    gone = _other_chunks(previous, index) if previous else []
    intact = [chunk for chunk in gone if store.holds(chunk.records)]
    before: dict[str, _Before] = {}
    if previous is None or len(intact) < len(gone):
        new = records_of(store, _other_chunks(index, previous))
        before.update(_recorded_before(new, ledger))
    before.update(
        (
            session_subject(each.session_id, each.attempt),
            _Before(each.score_run_id, each.response_snapshot_id, each.output_hash),
        )
        for each in records_of(store, intact)
    )
    return before


def _other_chunks(index: ScoreRunsIndex, other: ScoreRunsIndex | None) -> list[ScoreChunk]:
    """Return the chunks of an index whose records another one does not have."""
    known = {chunk.records for chunk in other.chunks} if other else set()
    return [chunk for chunk in index.chunks if chunk.records not in known]


def _rescored(records: Iterable[RecordedRun], before: Mapping[str, _Before]) -> Iterator[Event]:
    """Yield an event for each session whose current score run is another one than before."""
    for record in records:
        subject = session_subject(record.session_id, record.attempt)
        had = before.get(subject)
        if had is not None and had.score_run_id != record.score_run_id:
            yield SessionRescored(
                old_score_run_id=had.score_run_id,
                old_response_snapshot_id=had.response_snapshot_id,
                old_output_hash=had.output_hash,
                new_score_run_id=record.score_run_id,
                new_response_snapshot_id=record.response_snapshot_id,
                new_output_hash=record.output_hash,
            ).event(subject)


def _recorded_before(
    records: Iterable[RecordedRun], ledger: Ledger
) -> Iterator[tuple[str, _Before]]:
    """Yield which score run each session had, by its subject, where only the ledger knows.

    Of a session and attempt that came with other content on another day too, only score runs of
    this content count, and of what it corrects.
    """
    wanted = {session_subject(each.session_id, each.attempt): each for each in records}
    entries = [
        entry
        for event_type in (ScoringRunCreated.event_type, SessionRescored.event_type)
        for entry in ledger.find_about(event_type, wanted)
    ]
    for entry in sorted(entries):
        found = _scored_then(entry.read_body().read_payload())
        record = wanted[entry.subject]
        if (
            found is not None
            and found.score_run_id != record.score_run_id
            and found.response_snapshot_id in (record.response_snapshot_id, record.supersedes)
        ):
            yield entry.subject, found


def _scored_then(payload: object) -> _Before | None:
    """Return the score run that a session had after an entry about it."""
    if isinstance(payload, ScoringRunCreated):
        return _Before(payload.score_run_id, payload.response_snapshot_id, payload.output_hash)
    if isinstance(payload, SessionRescored):
        return _Before(
            payload.new_score_run_id, payload.new_response_snapshot_id, payload.new_output_hash
        )
    return None
