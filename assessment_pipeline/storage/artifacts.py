"""The artifact store: files named by the sha256 of their bytes, never overwritten.

An artifact is a file of JSON lines; a partition's index, itself an artifact, names those that
belong together. No times and no run ids inside, so the same input gives the same names anywhere.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Self

import msgspec

from assessment_pipeline.core.hashing import HASH_PREFIX, hash_bytes
from assessment_pipeline.errors import IntegrityError
from assessment_pipeline.storage.files import (
    DurableFile,
    SlicedFile,
    StoredBytes,
    blocks_of,
    hash_file,
    read_file,
    sliced,
)
from assessment_pipeline.storage.intact_files import INTACT_FILES


class ArtifactRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an artifact is and what it must hold: the sha256 of its bytes, and their number."""

    sha256: str
    bytes: int


def artifact_name(sha256: str) -> str:
    """Return the name of the file that holds bytes of this hash."""
    return f"{sha256.removeprefix(HASH_PREFIX)}.jsonl"


class ArtifactWriter:
    """An artifact being written; its name is known when it is finished."""

    def __init__(self, store: "ArtifactStore") -> None:
        """Begin an artifact in the store."""
        self._store = store
        self._file = DurableFile(store.folder)
        self.write = self._file.write

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *reason: object) -> None:
        """Drop what was not finished."""
        self._file.__exit__(*reason)

    def finish(self) -> ArtifactRef:
        """Put the artifact under its name and return its reference."""
        stored = self._file.stored
        ref = ArtifactRef(stored.sha256, stored.bytes)
        if not self._store.holds(ref):
            self._file.publish(self._store.path(ref))
        return ref


class ArtifactStore:
    """Files under one folder, named by what they hold."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which need not exist yet."""
        self.folder = folder

    def path(self, ref: ArtifactRef) -> Path:
        """Return where an artifact lies."""
        return self.folder / artifact_name(ref.sha256)

    def writer(self) -> ArtifactWriter:
        """Begin an artifact."""
        return ArtifactWriter(self)

    def put(self, content: bytes) -> ArtifactRef:
        """Store bytes and return their reference."""
        with self.writer() as writer:
            writer.write(content)
            return writer.finish()

    def holds(self, ref: ArtifactRef) -> bool:
        """Whether the artifact is there, with the bytes that its name promises.

        For steps and their checks, which ask again and again; who proves something reads anew.
        """
        return self._is(ref, INTACT_FILES.hash)

    def verifies(self, ref: ArtifactRef) -> bool:
        """Whether the same holds of the bytes as they are read now."""
        return self._is(ref, hash_file)

    def _is(self, ref: ArtifactRef, hash_of: Callable[[Path], StoredBytes]) -> bool:
        path = self.path(ref)
        if not path.is_file() or path.stat().st_size != ref.bytes:
            return False
        return hash_of(path) == StoredBytes(ref.sha256, ref.bytes)

    def altered(self, names: Iterable[str]) -> Iterator[str]:
        """Yield those of some files of the store that are not what their name says, or missing."""
        for name in names:
            path = self.folder / name
            if not path.is_file() or hash_file(path).sha256 != f"{HASH_PREFIX}{path.stem}":
                yield name

    def names(self) -> set[str]:
        """Return the names of all artifacts, current or not."""
        return {path.name for path in self.folder.glob(f"{'[0-9a-f]' * 64}.jsonl")}

    def read(self, ref: ArtifactRef) -> bytes:
        """Return an artifact's bytes, checked against its name."""
        path = self.path(ref)
        if not path.is_file():
            message = f"Artifact {path.name} is missing; run `score` on its day again."
            raise IntegrityError(message)
        content = read_file(path)
        if hash_bytes(content) != ref.sha256:
            message = f"Artifact {path.name} is not what its name says; restore it from a backup."
            raise IntegrityError(message)
        return content

    @contextlib.contextmanager
    def opened(self, ref: ArtifactRef) -> Iterator[SlicedFile]:
        """Give an artifact's bytes for reading anywhere in it, unchecked."""
        with sliced(self.path(ref)) as content:
            yield content

    def lines(self, ref: ArtifactRef) -> Iterator[bytes]:
        """Yield an artifact's lines without their LF, unchecked, block by block."""
        unfinished = b""
        for block in blocks_of(self.path(ref)):
            lines = (unfinished + block).split(b"\n")
            unfinished = lines.pop()
            yield from lines
