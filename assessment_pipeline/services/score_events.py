"""Score events: what the ledger records of a day's score runs, read from their stored records.

Holds no writing: `services.score` appends these events, `services.verify` compares them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

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


class RecordedRun(msgspec.Struct, frozen=True, gc=False):
    """What the ledger needs of a stored score run; its other fields are passed over."""

    assessment_id: str
    attempt: int
    output_hash: str
    response_snapshot_id: str
    rubrics: list[str]
    score_run_id: str
    session_id: str


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
    unlike: Callable[[Mapping[str, str]], set[str]],
) -> Iterator[Event]:
    """Yield what one transaction records: rubrics used, score runs, re-scored sessions.

    Where a chunk is as it was before, only those score runs that the ledger does not have with just
    this output, as `unlike` tells: nearly none, so that few events need be made.
    """
    for version in sorted(catalogue.versions, key=lambda version: version.label):
        if version.content_hash in index.rubrics:
            yield published_event(version)
    old = {chunk.records for chunk in previous.chunks} if previous else set()
    if old.isdisjoint(chunk.records for chunk in index.chunks):
        yield from map(created_event, records_of(store, index.chunks))
    else:
        yield from _unrecorded(store, index.chunks, unlike)
    if previous is not None:
        yield from _rescored(store, index, previous)


def _unrecorded(
    store: ArtifactStore,
    chunks: Sequence[ScoreChunk],
    unlike: Callable[[Mapping[str, str]], set[str]],
) -> Iterator[Event]:
    unrecorded = unlike(_outputs(store, chunks))
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


def _rescored(
    store: ArtifactStore, index: ScoreRunsIndex, previous: ScoreRunsIndex
) -> Iterator[Event]:
    """Yield an event for each session whose current score run is another one than before."""
    old_refs = {chunk.records for chunk in previous.chunks}
    new_refs = {chunk.records for chunk in index.chunks}
    before = {
        (record.assessment_id, record.session_id, record.attempt): record
        for record in records_of(store, (c for c in previous.chunks if c.records not in new_refs))
    }
    for record in records_of(store, (c for c in index.chunks if c.records not in old_refs)):
        old = before.get((record.assessment_id, record.session_id, record.attempt))
        if old is not None and old.score_run_id != record.score_run_id:
            yield SessionRescored(
                old_score_run_id=old.score_run_id,
                old_response_snapshot_id=old.response_snapshot_id,
                old_output_hash=old.output_hash,
                new_score_run_id=record.score_run_id,
                new_response_snapshot_id=record.response_snapshot_id,
                new_output_hash=record.output_hash,
            ).event(session_subject(record.session_id, record.attempt))
