"""Passed before: parts of a day that a check found right, and that are as they were.

What a check says of a part follows from the bytes of its artifacts and from what it is told `also`.
So a part that passed is not looked at again as long as its artifacts have the hashes they are named
by. Only that it passed is kept, in `checked/<asset>.<check>/<day>.json`; without that file
everything is looked at. `verify` never reads it.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec

from assessment_pipeline.core.hashing import Json, content_hash
from assessment_pipeline.errors import StorageError
from assessment_pipeline.services.steps import VERSIONS, Workplace
from assessment_pipeline.storage.artifacts import ArtifactRef, ArtifactStore
from assessment_pipeline.storage.files import read_file, write_durably

# Goes up when a check begins to ask for more.
CHECKS_VERSION: Final = "1"


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    passed: list[str]


class PassedBefore:
    """The parts of a day that passed a check, before and now."""

    def __init__(self, store: ArtifactStore, check: str, before: frozenset[str]) -> None:
        """Know what passed before."""
        self._store, self._check, self._before = store, check, before
        self.passed: set[str] = set()
        """What passed now, looked at or not."""

    def problems(
        self, refs: Sequence[ArtifactRef], look: Callable[[], Sequence[str]], also: Json = None
    ) -> Sequence[str]:
        """Return what is wrong with a part; nothing, unseen, if just this has passed before.

        An artifact that is not as it is named is a problem itself.

        Args:
            refs: all artifacts that are looked at.
            look: looks at them and returns what is wrong.
            also: what else its answer depends on.
        """
        lost = [ref for ref in refs if not self._store.holds(ref)]
        found = [f"Artifact {self._store.path(ref).name} is missing or altered." for ref in lost]
        if all(self._store.path(ref).is_file() for ref in lost):
            hashes = [ref.sha256 for ref in refs]
            found += self.problems_of(hashes, look, also, is_intact=not lost)
        return found

    def names(
        self, refs: Sequence[ArtifactRef], look: Callable[[], Sequence[str]]
    ) -> Sequence[str]:
        """Return what a look finds that is named and no problem of the artifacts."""
        is_intact = all(map(self._store.holds, refs))
        return self.problems_of([ref.sha256 for ref in refs], look, is_intact=is_intact)

    def problems_of(
        self,
        hashes: Sequence[str],
        look: Callable[[], Sequence[str]],
        also: Json = None,
        *,
        is_intact: bool,
    ) -> Sequence[str]:
        """Return the same of files that are known by their hashes, and intact or not."""
        parts: Json = [self._check, CHECKS_VERSION, dict(VERSIONS), also]
        key = content_hash([parts, list(hashes)])
        found = () if is_intact and key in self._before else look()
        if is_intact and not found:
            self.passed.add(key)
        return found


@contextmanager
def passed_before(place: Workplace, partition: str, check: str) -> Iterator[PassedBefore]:
    """Give what passed a check of a day before; keep what passes now."""
    path = place.home.checked / check / f"{partition}.json"
    before: frozenset[str] = frozenset()
    if path.is_file():
        # Whatever is wrong with it: then everything is looked at, which is always right.
        with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError, StorageError):
            before = frozenset(msgspec.json.decode(read_file(path), type=_Kept).passed)
    passing = PassedBefore(place.home.artifacts, check, before)
    yield passing
    if passing.passed != before:
        # A check says what it found also where nothing can be written any more.
        with contextlib.suppress(StorageError):
            write_durably(path, msgspec.json.encode(_Kept(sorted(passing.passed))) + b"\n")
