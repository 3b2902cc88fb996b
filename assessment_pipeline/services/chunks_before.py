"""Chunks before: what a day's chunks of score runs held when it was scored the last time.

A chunk with the same sessions is kept as it is. Where a session came late, a chunk shares most of
its score runs with one of before, and the evaluations that these rest on are taken from there:
only what is new is judged. Chunks come in the order of sessions, then as now.
"""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from assessment_pipeline.core.judged_items import JudgedBefore
from assessment_pipeline.services.indexes import ScoreChunk, ScoreRunsIndex, read_rows
from assessment_pipeline.storage.artifacts import ArtifactStore


class _Run(msgspec.Struct, frozen=True, gc=False):
    """What a stored score run rests on."""

    evaluations: list[int]
    score_run_id: str


class ChunksBefore:
    """The chunks of a day's last score runs, to be asked about in order."""

    def __init__(self, store: ArtifactStore, previous: ScoreRunsIndex | None) -> None:
        """Read nothing yet."""
        self._store = store
        self._chunks: Sequence[ScoreChunk] = previous.chunks if previous else ()
        self._place_of = {chunk.key: place for place, chunk in enumerate(self._chunks)}
        self._next = 0
        """The first chunk of which score runs may still come."""

    def same(self, key: str) -> ScoreChunk | None:
        """Return the chunk of these very sessions, if there is one and it is intact."""
        place = self._place_of.get(key)
        if place is None or not self._is_intact(self._chunks[place]):
            return None
        self._next = place + 1
        return self._chunks[place]

    def judged(self, score_run_ids: Iterable[str]) -> JudgedBefore:
        """Return what those of a new chunk's score runs rest on that were made before."""
        wanted = set(score_run_ids)
        judged = JudgedBefore()
        for place in range(self._next, len(self._chunks)):
            chunk = self._chunks[place]
            if not self._is_intact(chunk):
                break
            runs = [
                (run.score_run_id, run.evaluations)
                for run in read_rows(self._store, chunk.records, _Run)
                if run.score_run_id in wanted
            ]
            if not runs:
                break
            self._next = place
            wanted.difference_update(run for run, _ in runs)
            judged.add_chunk(runs, self._store.lines(chunk.evaluations))
        return judged

    def _is_intact(self, chunk: ScoreChunk) -> bool:
        return all(map(self._store.holds, (chunk.evaluations, chunk.records, chunk.results)))


def with_intact_records(
    store: ArtifactStore, previous: ScoreRunsIndex | None
) -> ScoreRunsIndex | None:
    """Return what was scored before without chunks whose records are missing or altered."""
    if previous is None:
        return None
    intact = [chunk for chunk in previous.chunks if store.holds(chunk.records)]
    return replace(previous, chunks=intact)


def sessions_lost(
    previous: ScoreRunsIndex | None, intact: ScoreRunsIndex | None, index: ScoreRunsIndex
) -> int:
    """Return of how many sessions nobody knows any more which score run they had."""
    if previous is None or intact is None:
        return 0
    known = {chunk.records for chunk in [*intact.chunks, *index.chunks]}
    return sum(chunk.sessions for chunk in previous.chunks if chunk.records not in known)
