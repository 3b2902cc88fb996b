"""Stored lines: the canonical lines of a day's sessions and features, wherever they lie."""

from collections import OrderedDict
from contextlib import ExitStack
from typing import Final

from assessment_pipeline.services.indexes import (
    FeatureRow,
    FeaturesIndex,
    SnapshotsIndex,
    StandingSession,
    read_rows,
)
from assessment_pipeline.storage.artifacts import ArtifactRef, ArtifactStore
from assessment_pipeline.storage.files import SlicedFile

# A day may have more delivery files than a process may have files open.
_MOST_OPEN: Final = 64


class _OpenArtifacts:
    """Artifacts opened when they are read; those that were not read for longest are closed."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store
        self._open: OrderedDict[ArtifactRef, tuple[SlicedFile, ExitStack]] = OrderedDict()

    def read(self, ref: ArtifactRef, offset: int, length: int) -> bytes:
        known = self._open.get(ref)
        if known is None:
            if len(self._open) >= _MOST_OPEN:
                self._open.popitem(last=False)[1][1].close()
            stack = ExitStack()
            known = self._open[ref] = stack.enter_context(self._store.opened(ref)), stack
        self._open.move_to_end(ref)
        return known[0][offset : offset + length]

    def close(self) -> None:
        for _, stack in self._open.values():
            stack.close()


class StoredLines:
    """The stored lines of a day's sessions: snapshots and features."""

    def __init__(
        self,
        store: ArtifactStore,
        opened: ExitStack,
        snapshots: SnapshotsIndex,
        features: FeaturesIndex | None,
    ) -> None:
        """Read nothing yet but where features lie; without `features` only snapshots are given."""
        self._artifacts = _OpenArtifacts(store)
        opened.callback(self._artifacts.close)
        self._lines = [file.lines for file in snapshots.files]
        chunks = features.chunks if features else []
        self._features = [chunk.features for chunk in chunks]
        self._rows = [list(read_rows(store, chunk.rows, FeatureRow)) for chunk in chunks]

    def of(self, session: StandingSession) -> tuple[bytes, bytes | None]:
        """Return the canonical line of a session, and its line of features."""
        line = self._artifacts.read(self._lines[session.file], session.offset, session.length)
        if not self._rows:
            return line, None
        row = self._rows[session.file][session.record]
        features = self._features[session.file]
        return line, self._artifacts.read(features, row.offset, row.length)
