"""Score a day: choose the rubric of each session, score chunk by chunk, record every score run.

Sessions come in export order; a chunk ends where the hash of a session's score run meets a mask,
so that one more session changes one chunk and not all that follow it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import NamedTuple

import msgspec

from assessment_pipeline.core.chunk_scoring import ChunkScorer
from assessment_pipeline.core.hashing import Json, content_hash, partition_hash
from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue, RubricVersion
from assessment_pipeline.core.score_runs import (
    CHUNK_CUT,
    ends_chunk,
    rubrics_of,
    score_run_id,
)
from assessment_pipeline.core.sessions_to_score import SessionToScore
from assessment_pipeline.services.cycles import uncollected
from assessment_pipeline.services.extract import captured_artifacts, captured_sessions
from assessment_pipeline.services.indexes import (
    FEATURES,
    SCORE_RUNS,
    SNAPSHOTS,
    FeaturesIndex,
    ScoreChunk,
    ScoreRunsIndex,
    SnapshotsIndex,
    StandingSession,
    current_index,
    encode_row,
    previous_index,
    read_rows,
    require_intact,
)
from assessment_pipeline.services.rubric_choice import refuse_loss, rubric_choice
from assessment_pipeline.services.score_events import dedup_keys_of, events_of
from assessment_pipeline.services.steps import (
    VERSIONS,
    StepResult,
    Workplace,
    input_key,
    is_current,
    point_to,
)
from assessment_pipeline.services.stored_lines import StoredLines
from assessment_pipeline.storage.artifacts import ArtifactStore


class _Leaf(msgspec.Struct, frozen=True, gc=False):
    """What a score run adds to the day's content hash and counts; the rest is passed over."""

    output_hash: str
    score_run_id: str
    status: str


class ChosenSession(NamedTuple):
    """A session to score, the rubric that does it, and the id that follows from both."""

    session: StandingSession
    own: RubricVersion | None
    rubrics: tuple[str, ...]
    score_run_id: str


@uncollected()
def score(place: Workplace, partition: str, catalogue: RubricCatalogue) -> StepResult:
    """Score every session that stands on a day, and record each score run in the ledger."""
    home = place.home
    snapshots = captured_sessions(place, partition)
    features = current_index(home, FEATURES, partition, FeaturesIndex)
    key = input_key(
        SCORE_RUNS,
        {
            "features": features.content_hash if features else None,
            "rubrics": rubric_choice(snapshots, catalogue),
            "sessions": snapshots.sessions.sha256,
        },
    )
    pointer = home.pointer(SCORE_RUNS, partition)
    previous = previous_index(home, SCORE_RUNS, partition, ScoreRunsIndex)
    if (
        previous is not None
        and is_current(place, pointer, key, previous, ())
        and not place.ledger.missing(dedup_keys_of(home.artifacts, previous.chunks))
    ):
        return _result(partition, snapshots, features, previous, catalogue, was_skipped=True)

    require_intact(home.artifacts, captured_artifacts(snapshots))
    refuse_loss(partition, snapshots, catalogue, previous)
    index = _score_chunks(place, snapshots, features, catalogue, previous)
    was_scored = pointer is not None
    place.record(
        events_of(home.artifacts, index, previous, catalogue, place.ledger, was_scored=was_scored)
    )
    point_to(place, SCORE_RUNS, partition, key, index, index.content_hash)
    is_changed = pointer is None or pointer.content_hash != index.content_hash
    return _result(
        partition, snapshots, features, index, catalogue, is_changed=is_changed, was_skipped=False
    )


def choose(
    sessions: Iterable[StandingSession], catalogue: RubricCatalogue
) -> Iterator[ChosenSession]:
    """Yield the sessions that are scored, each with the rubrics that score it."""
    for session in sessions:
        if session.status == "in_progress":
            continue
        own = None
        if session.submitted_at is not None:
            own = catalogue.select(session.assessment_id, parse_instant(session.submitted_at))
        names = [(name.assessment_id, name.version) for name in session.rubric_names]
        rubrics = rubrics_of(own, names, catalogue)
        run_id = score_run_id(session.response_snapshot_id, rubrics)
        yield ChosenSession(session, own, rubrics, run_id)


def chunks_of(chosen: Iterable[ChosenSession]) -> Iterator[list[ChosenSession]]:
    """Yield the sessions in chunks, in the same order."""
    chunk: list[ChosenSession] = []
    for one in chosen:
        chunk.append(one)
        if ends_chunk(one.score_run_id, len(chunk)):
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _chunk_key(chunk: list[ChosenSession]) -> str:
    ids: Json = [
        [one.session.session_id, one.score_run_id, *_own_among_several(one)] for one in chunk
    ]
    return content_hash({"score_runs": ids, "versions": dict(VERSIONS)})


def _own_among_several(one: ChosenSession) -> Iterable[str]:
    """Return a session's own rubric where its items name others.

    The id of a score run has all of them and not which is the session's own.
    """
    return [one.own.content_hash if one.own else ""] if one.session.rubric_names else ()


def _score_chunks(
    place: Workplace,
    snapshots: SnapshotsIndex,
    features: FeaturesIndex | None,
    catalogue: RubricCatalogue,
    previous: ScoreRunsIndex | None,
) -> ScoreRunsIndex:
    store = place.home.artifacts
    known = {chunk.key: chunk for chunk in previous.chunks} if previous else {}
    chunks: list[ScoreChunk] = []
    without_rubric: set[str] = set()
    rubrics: dict[str, str] = {}
    with ExitStack() as stack:
        reads_features = any(version.rubric.needs_features for version in catalogue.versions)
        lines = StoredLines(
            store, stack, snapshots, features if reads_features and features else None
        )
        sessions = read_rows(store, snapshots.sessions, StandingSession)
        for chosen in chunks_of(choose(sessions, catalogue)):
            for one in chosen:
                if one.own is None:
                    without_rubric.add(one.session.assessment_id)
                rubrics.update((hash_, catalogue.label(hash_)) for hash_ in one.rubrics)
            key = _chunk_key(chosen)
            chunk = known.get(key)
            if chunk is None or not _holds(store, chunk):
                chunk = _score_chunk(place, key, chosen, lines, catalogue)
            chunks.append(chunk)
    leaves: list[tuple[str, str]] = []
    statuses: Counter[str] = Counter()
    for chunk in chunks:
        for record in read_rows(store, chunk.records, _Leaf):
            leaves.append((record.score_run_id, record.output_hash))
            statuses[record.status] += 1
    return ScoreRunsIndex(
        assessments_without_rubric=sorted(without_rubric),
        chunks=chunks,
        content_hash=partition_hash(leaves),
        cut=CHUNK_CUT,
        responses=sum(chunk.responses for chunk in chunks),
        rubrics=dict(sorted(rubrics.items())),
        sessions=len(leaves),
        statuses=dict(sorted(statuses.items())),
    )


def _score_chunk(
    place: Workplace,
    key: str,
    chosen: list[ChosenSession],
    lines: StoredLines,
    catalogue: RubricCatalogue,
) -> ScoreChunk:
    store = place.home.artifacts
    scorer = ChunkScorer(catalogue)
    for session, own, rubrics, _ in chosen:
        line, features = lines.of(session)
        scorer.add(SessionToScore(line, session.response_snapshot_id, own, rubrics, features))
    with store.writer() as records, store.writer() as results, store.writer() as evaluations:
        responses = 0
        for scored in scorer.scored():
            results.write(scored.result + b"\n")
            records.write(encode_row(scored.record))
            responses += len(scored.record.evaluations)
        for line in scorer.evaluation_lines():
            evaluations.write(line + b"\n")
        place.progress(SCORE_RUNS, len(chosen))
        return ScoreChunk(
            evaluations=evaluations.finish(),
            key=key,
            records=records.finish(),
            responses=responses,
            results=results.finish(),
            sessions=len(chosen),
        )


def _holds(store: ArtifactStore, chunk: ScoreChunk) -> bool:
    return all(map(store.holds, (chunk.evaluations, chunk.records, chunk.results)))


def _result(
    partition: str,
    snapshots: SnapshotsIndex,
    features: FeaturesIndex | None,
    index: ScoreRunsIndex,
    catalogue: RubricCatalogue,
    *,
    is_changed: bool = False,
    was_skipped: bool,
) -> StepResult:
    blocked = sorted(set(index.assessments_without_rubric) & set(catalogue.blocked))
    missing = sorted(set(index.assessments_without_rubric) - set(blocked))
    notes = [
        f"Assessment {name} is not scored: its rubric files have problems (see `rubric check`)."
        for name in blocked
    ]
    notes += [
        f"Assessment {name} has sessions submitted before any version of its rubric is valid: "
        "give the first version an earlier valid_from, or none, and score the day again."
        if catalogue.chain(name)
        else f"Assessment {name} has sessions that no rubric version scores: "
        f"put one into rubrics/{name}/ and score the day again."
        for name in missing
    ]
    return StepResult(
        asset=SCORE_RUNS,
        partition=partition,
        content_hash=index.content_hash,
        input_hashes={
            SNAPSHOTS: snapshots.content_hash,
            FEATURES: features.content_hash if features else "",
        },
        is_changed=is_changed,
        was_skipped=was_skipped,
        counts={
            "sessions": index.sessions,
            "responses": index.responses,
            "blocked_assessments": len(blocked),
            **index.statuses,
        },
        rubric_versions=tuple(sorted(index.rubrics.values())),
        notes=tuple(notes),
    )
