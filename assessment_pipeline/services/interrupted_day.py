"""An interrupted day: a run has replaced the first of a day's pointers and not come to the others.

Each step replaces its pointer when it is done, so what is current is then of several *states*:
the newest first, older ones after it, each of which was whole once. This module finds out which
pointers belong to which state. It believes no pointer's input key, which anybody could write: what
a step was made from is seen from what it made, and has to be there in the artifact store. Whether
each state is what its sessions give is derived anew by `services.verify_day`; where no state fits,
the day was not interrupted, and what differs is a difference.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from assessment_pipeline.core.exports import manifest
from assessment_pipeline.core.hashing import HASH_PREFIX, hash_bytes
from assessment_pipeline.errors import IntegrityError
from assessment_pipeline.services.captured_day import captured_event
from assessment_pipeline.services.export import manifest_inputs
from assessment_pipeline.services.extract import features_key
from assessment_pipeline.services.indexes import (
    EXPORTS,
    FEATURES,
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
    FeaturesIndex,
    Index,
    ScoreRunsIndex,
    SnapshotsIndex,
    StandingSession,
    read_rows,
)
from assessment_pipeline.services.score_events import records_of
from assessment_pipeline.services.stored_day import StoredDay
from assessment_pipeline.storage.artifacts import ArtifactRef, ArtifactStore
from assessment_pipeline.storage.ledger import Ledger

_BEGINNINGS: Final[dict[type[msgspec.Struct], bytes]] = {
    SnapshotsIndex: b'{"assessments":{',
    FeaturesIndex: b'{"chunks":[',
    ScoreRunsIndex: b'{"assessments_without_rubric":[',
}


@dataclass(frozen=True)
class DayState:
    """One state of a day: which current pointers are of it, and what they were made from."""

    made: tuple[str, ...]
    snapshots: SnapshotsIndex
    features: FeaturesIndex | None = None
    score_runs: ScoreRunsIndex | None = None

    def of(self, stored: StoredDay) -> StoredDay:
        """Return the stored day as it was in this state; only what is `made` is to be compared."""
        return stored.with_inputs(
            self.made,
            self.snapshots,
            self.features or stored.features,
            self.score_runs or stored.score_runs,
        )


def states_of(stored: StoredDay, ledger: Ledger | None) -> list[DayState] | None:
    """Return the states that a day's pointers are of, the newest first; None if that is unclear."""
    with suppress(IntegrityError):
        return _States(stored, ledger).found()
    return None


class _States:
    """The states of one day, looked for among all indexes that the artifact store has kept."""

    def __init__(self, stored: StoredDay, ledger: Ledger | None) -> None:
        self._stored = stored
        self._store = stored.home.artifacts
        self._ledger = ledger

    def found(self) -> list[DayState] | None:
        states = [DayState((SNAPSHOTS,), self._stored.snapshots)]
        for asset in (FEATURES, SCORE_RUNS, SCORECARDS, EXPORTS):
            state = self._continued(states[-1], asset)
            if state is not None:
                states[-1] = state
                continue
            state = next(self._earlier(asset), None)
            if state is None:
                return None
            states.append(state)
        is_in_order = _never_returns(state.snapshots for state in states) and _never_returns(
            state.score_runs for state in states if state.score_runs is not None
        )
        return states if is_in_order else None

    def _continued(self, state: DayState, asset: str) -> DayState | None:
        """Return a state with one more of the current pointers, if that is of it."""
        stored = self._stored
        made = (*state.made, asset)
        if asset == FEATURES and _are_of(stored.features, state.snapshots):
            return replace(state, made=made, features=stored.features)
        if asset == SCORE_RUNS and self._scored(stored.score_runs) == self._sessions(
            state.snapshots
        ):
            return replace(state, made=made, score_runs=stored.score_runs)
        if asset == SCORECARDS and self._is_reported_from(state):
            return replace(state, made=made)
        return replace(state, made=made) if asset == EXPORTS and self._is_export(state) else None

    def _earlier(self, asset: str) -> Iterator[DayState]:
        """Yield the states that the store has kept and a current pointer can be of."""
        if asset == FEATURES:
            for snapshots in self._captured():
                if _are_of(self._stored.features, snapshots):
                    yield DayState((asset,), snapshots, self._stored.features)
        elif asset == SCORE_RUNS:
            yield from self._with(asset, self._stored.score_runs)
        else:
            for runs in self._kept(ScoreRunsIndex):
                for state in self._with(asset, runs):
                    is_of_it = self._is_reported_from if asset == SCORECARDS else self._is_export
                    if is_of_it(state):
                        yield state

    def _with(self, asset: str, runs: ScoreRunsIndex) -> Iterator[DayState]:
        scored = self._scored(runs)
        for snapshots in self._captured():
            if self._sessions(snapshots) == scored:
                for features in self._kept(FeaturesIndex):
                    if _are_of(features, snapshots):
                        yield DayState((asset,), snapshots, features, runs)

    def _is_reported_from(self, state: DayState) -> bool:
        cards, runs = self._stored.scorecards, state.score_runs
        return runs is not None and [c.key for c in cards.chunks] == [c.key for c in runs.chunks]

    def _is_export(self, state: DayState) -> bool:
        if state.features is None or state.score_runs is None:
            return False
        exports = self._stored.exports
        inputs = manifest_inputs(
            state.snapshots, state.features, state.score_runs, state.score_runs.content_hash
        )
        content = manifest(self._stored.partition, exports.files, inputs)
        return hash_bytes(content) == exports.manifest_sha256

    def _sessions(self, snapshots: SnapshotsIndex) -> list[tuple[str, int, str]]:
        return [
            (row.session_id, row.attempt, row.response_snapshot_id)
            for row in read_rows(self._store, snapshots.sessions, StandingSession)
            if row.status != "in_progress"
        ]

    def _scored(self, runs: ScoreRunsIndex) -> list[tuple[str, int, str]] | None:
        if not all(self._store.verifies(chunk.records) for chunk in runs.chunks):
            return None
        return [
            (record.session_id, record.attempt, record.response_snapshot_id)
            for record in records_of(self._store, runs.chunks)
        ]

    def _captured(self) -> Iterator[SnapshotsIndex]:
        """Yield the captured days that are whole and, as the ledger knows, were this one."""
        for index in self._kept(SnapshotsIndex):
            refs = [index.sessions, *(file.lines for file in index.files)]
            if not all(map(self._store.holds, refs)):
                continue
            event = captured_event(self._stored.partition, index)
            if self._ledger is None or not list(self._ledger.contradictions([event])):
                yield index

    def _kept(self, shape: type[Index]) -> Iterator[Index]:
        """Yield every index of a kind that the store has kept, whatever its day."""
        for path in sorted(self._store.folder.glob("*.jsonl")):
            with path.open("rb") as file:
                is_one = file.read(64).startswith(_BEGINNINGS[shape])
            if is_one:
                with suppress(msgspec.MsgspecError, UnicodeDecodeError, IntegrityError):
                    yield _decoded(self._store, path.stem, shape)


def _decoded(store: ArtifactStore, digest: str, shape: type[Index]) -> Index:
    return msgspec.json.decode(store.read(ArtifactRef(HASH_PREFIX + digest, 0)), type=shape)


def _are_of(features: FeaturesIndex, snapshots: SnapshotsIndex) -> bool:
    return [chunk.key for chunk in features.chunks] == list(map(features_key, snapshots.files))


def _never_returns(indexes: Iterable[object]) -> bool:
    """Whether no state comes back after another: each run goes through all steps in order."""
    seen: list[object] = []
    for index in indexes:
        if not seen or seen[-1] != index:
            if index in seen:
                return False
            seen.append(index)
    return True
