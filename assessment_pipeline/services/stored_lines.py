"""Stored lines: the canonical lines of a day's sessions and features, wherever they lie."""

from contextlib import ExitStack

from assessment_pipeline.services.indexes import (
    FeatureRow,
    FeaturesIndex,
    SnapshotsIndex,
    StandingSession,
    read_rows,
)
from assessment_pipeline.storage.artifacts import ArtifactStore


class StoredLines:
    """The stored lines of a day's sessions: snapshots and features."""

    def __init__(
        self,
        store: ArtifactStore,
        opened: ExitStack,
        snapshots: SnapshotsIndex,
        features: FeaturesIndex | None,
    ) -> None:
        """Open the artifacts; without `features` only snapshots are given."""
        self._lines = [opened.enter_context(store.opened(file.lines)) for file in snapshots.files]
        chunks = features.chunks if features else []
        self._features = [opened.enter_context(store.opened(chunk.features)) for chunk in chunks]
        self._rows = [list(read_rows(store, chunk.rows, FeatureRow)) for chunk in chunks]

    def of(self, session: StandingSession) -> tuple[bytes, bytes | None]:
        """Return the canonical line of a session, and its line of features."""
        line = self._lines[session.file][session.offset : session.offset + session.length]
        if not self._rows:
            return line, None
        row = self._rows[session.file][session.record]
        return line, self._features[session.file][row.offset : row.offset + row.length]
