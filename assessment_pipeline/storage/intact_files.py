"""Intact files: hashed by this process a moment ago, and untouched since.

The steps and checks of a run look at the same files, one after another. A file whose bytes were
hashed need not be read again for its hash as long as the file system says that nobody has written
to it; after some minutes it is read anyway, so that what a disk forgets shows.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from assessment_pipeline.storage.files import StoredBytes, hash_file, naming

# Longer than a run takes between two looks at a file, except for the very largest of days.
_TRUSTED_SECONDS: Final = 600
# Two writes within one tick of the file system's clock look alike, and that of some network file
# systems ticks once a second: a file that was written to just now is not remembered.
_SETTLED_NANOSECONDS: Final = 2_000_000_000
_MOST_FILES: Final = 100_000


class _State(NamedTuple):
    """What changes when a file is written to or another one takes its place."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


class _Hashed(NamedTuple):
    stored: StoredBytes
    state: _State
    at: float


class IntactFiles:
    """The hashes of files, each read once as long as it stays untouched."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        epoch_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """Begin with no file read."""
        self._monotonic, self._epoch_ns = monotonic, epoch_ns
        self._hashed: dict[Path, _Hashed] = {}

    def hash(self, path: Path) -> StoredBytes:
        """Return the sha256 and size of a file, which must be there."""
        known = self._hashed.get(path)
        state, now, begun = _state_of(path), self._monotonic(), self._epoch_ns()
        if known is not None and known.state == state and now - known.at < _TRUSTED_SECONDS:
            return known.stored
        stored = hash_file(path)
        if begun - state.changed_ns > _SETTLED_NANOSECONDS and _state_of(path) == state:
            if len(self._hashed) >= _MOST_FILES:
                self._hashed.clear()
            self._hashed[path] = _Hashed(stored, state, now)
        return stored


def _state_of(path: Path) -> _State:
    with naming(path, "read"):
        found = path.stat()
    return _State(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


INTACT_FILES: Final = IntactFiles()
"""Those of this process."""
