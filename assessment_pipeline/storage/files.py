"""Durable files: written beside their place, flushed, renamed, and readable by their owner alone.

Every write of the package goes through here: a temporary file in the same folder, fsync, rename,
fsync of the folder. Whoever is killed in between leaves only a temporary file, which the next
run sweeps. Knows nothing of what the bytes mean.
"""

import contextlib
import mmap
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

from assessment_pipeline.core.hashing import HASH_PREFIX
from assessment_pipeline.errors import StorageError

TEMPORARY_SUFFIX = ".tmp"
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """What is known of a file's bytes: their sha256, written `sha256:<hex>`, and their number."""

    sha256: str
    bytes: int


@contextlib.contextmanager
def naming(path: Path, verb: str) -> Iterator[None]:
    """Turn an operating system error into one sentence that names the path."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"Cannot {verb} {path}: {reason}. Mend that and run again."
        raise StorageError(message) from None


def make_folder(path: Path) -> None:
    """Create a folder and its parents durably, each for its owner alone."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with naming(path, "create the folder"):
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
        _sync_folder(path.parent)


def close_to_others(path: Path) -> None:
    """Take a folder of ours from everybody else, whoever made it and however."""
    status = path.stat()
    if status.st_uid == os.geteuid() and status.st_mode & 0o077:
        with naming(path, "close to others"):
            path.chmod(0o700)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class DurableFile:
    """A file being written: bytes go in, `publish` makes it appear under its name, whole.

    Leaving the `with` block without publishing removes what was written.
    """

    def __init__(self, folder: Path) -> None:
        """Begin a temporary file in the folder that the finished file will live in."""
        make_folder(folder)
        self.folder = folder
        self.bytes = 0
        self._hash = sha256()
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        name = f".{os.getpid()}-{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"
        self._temporary = folder / name
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        with naming(self._temporary, "write"):
            self._descriptor = os.open(self._temporary, flags, 0o600)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close, and remove the temporary file if it was not published."""
        # What fails here must not hide why the file was not published; a later run sweeps.
        with contextlib.suppress(OSError):
            if self._descriptor >= 0:
                descriptor, self._descriptor = self._descriptor, -1
                os.close(descriptor)
        with contextlib.suppress(OSError):
            self._temporary.unlink(missing_ok=True)

    def write(self, content: bytes) -> None:
        """Add bytes."""
        self._pending.append(content)
        self._pending_bytes += len(content)
        if self._pending_bytes >= _BLOCK_BYTES:
            self._flush()

    def _flush(self) -> None:
        content = b"".join(self._pending)
        self._pending = []
        self._pending_bytes = 0
        self._hash.update(content)
        self.bytes += len(content)
        view = memoryview(content)
        with naming(self.folder, "write in"):
            while view:
                view = view[os.write(self._descriptor, view) :]

    @property
    def written_bytes(self) -> int:
        """How many bytes were added so far."""
        return self.bytes + self._pending_bytes

    @property
    def stored(self) -> StoredBytes:
        """What has been written so far."""
        self._flush()
        return StoredBytes(HASH_PREFIX + self._hash.hexdigest(), self.bytes)

    def publish(self, path: Path) -> StoredBytes:
        """Make the file appear at `path`, in its own folder, replacing what is there."""
        stored = self.stored
        with naming(path, "write"):
            os.fsync(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1
            # Opened before the rename: nothing may fail between the rename and its fsync.
            folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                self._temporary.rename(path)
                os.fsync(folder)
            finally:
                os.close(folder)
        return stored


def write_durably(path: Path, content: bytes) -> StoredBytes:
    """Write a small file atomically and durably."""
    with DurableFile(path.parent) as file:
        file.write(content)
        return file.publish(path)


def read_file(path: Path) -> bytes:
    """Return a file's bytes."""
    with naming(path, "read"):
        return path.read_bytes()


def blocks_of(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes block by block."""
    with naming(path, "read"), path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK_BYTES):
            yield block


def hash_file(path: Path) -> StoredBytes:
    """Return the sha256 and size of a file."""
    digest = sha256()
    size = 0
    for block in blocks_of(path):
        digest.update(block)
        size += len(block)
    return StoredBytes(HASH_PREFIX + digest.hexdigest(), size)


class SlicedFile:
    """An open file for reading anywhere in it; nothing of it is kept.

    Not mapped into memory: of a night's lines, read once each, the pages would all count as ours.
    """

    def __init__(self, descriptor: int, size: int, path: Path) -> None:
        """Read from a descriptor."""
        self._descriptor = descriptor
        self._size = size
        self._path = path

    def __getitem__(self, part: slice) -> bytes:
        """Return a part of the file, as of bytes; StorageError if the file has become shorter."""
        start, stop, _ = part.indices(self._size)
        wanted = max(stop - start, 0)
        with naming(self._path, "read"):
            content = os.pread(self._descriptor, wanted, start)
        # One read gives 2 GiB at most, which no part of a file that is read at once comes near.
        if len(content) != wanted:
            message = f"Cannot read {self._path}: it ends too early. Run again."
            raise StorageError(message)
        return content


@contextlib.contextmanager
def sliced(path: Path) -> Iterator[SlicedFile]:
    """Give a file for reading anywhere in it."""
    with naming(path, "read"), path.open("rb", buffering=0) as file:
        yield SlicedFile(file.fileno(), os.fstat(file.fileno()).st_size, path)


@contextlib.contextmanager
def mapped(path: Path) -> Iterator["mmap.mmap | bytes"]:
    """Give a file's bytes for reading anywhere in it, without loading it."""
    with naming(path, "read"), path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield content


def sweep_temporary(folders: Iterable[Path], *, older_than: float) -> int:
    """Remove temporary files that nobody has written to since `older_than` (seconds, epoch)."""
    swept = 0
    for folder in folders:
        for path in folder.glob(f".*{TEMPORARY_SUFFIX}"):
            with contextlib.suppress(OSError):
                if path.lstat().st_mtime < older_than:
                    path.unlink()
                    swept += 1
    return swept


def remove_durably(path: Path) -> None:
    """Remove a file for good; one that is not there is right."""
    with naming(path, "remove"):
        path.unlink(missing_ok=True)
        _sync_folder(path.parent)
