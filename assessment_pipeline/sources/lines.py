"""One delivery file as a stream of lines, with the hash of its stored bytes from the same read.

Holds opening without following or waiting, splitting at LF, and the caps on what a compressed
file may become. Memory stays flat whatever the file holds: a block, and at most one line. What a
line says is judged in `core.reading`; what becomes of a break is `core.quarantine`.
"""

import errno
import os
import stat
from collections.abc import Generator, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from msgspec import Struct

from assessment_pipeline.core.hashing import HASH_PREFIX, hash_bytes
from assessment_pipeline.core.rejections import ReaderLimits, Reason
from assessment_pipeline.errors import StorageError
from assessment_pipeline.sources.streams import BrokenStreamError, decompression

_BLOCK_BYTES: Final = 1 << 18
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KINDS: Final = {
    stat.S_IFLNK: "a link, which is never followed",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
}


class Line(Struct, frozen=True, gc=False):
    """One line without its LF; of a line above the limit only the hash is kept."""

    number: int
    """From 1."""
    byte_offset: int
    """Where it begins, in decompressed bytes."""
    content: bytes | None
    too_large_sha256: str | None = None

    @property
    def is_too_large(self) -> bool:
        """Whether the line is longer than the limit, so that it has no content here."""
        return self.content is None

    @property
    def raw_sha256(self) -> str:
        """The sha256 of the line without its LF, written `sha256:<hex>`."""
        return self.too_large_sha256 or hash_bytes(self.content or b"")


class Break(Struct, frozen=True, gc=False):
    """Why a file is not read to its end, or not at all; counted as one line, with number 0."""

    reason: Reason
    detail: str
    byte_offset: int
    """Where the line begins that the break left unfinished, in decompressed bytes."""
    content: bytes | None
    """What there is of the unfinished line, None above the limit of a line."""
    raw_sha256: str
    number: int = 0


class DeliveryFile:
    """A delivery file, read once from its first to its last byte."""

    def __init__(
        self,
        path: Path,
        limits: ReaderLimits | None = None,
        *,
        block_bytes: int = _BLOCK_BYTES,
    ) -> None:
        """Name the file; it is opened when its lines are asked for."""
        self.path = path
        self.limits = limits or ReaderLimits()
        self.stored_sha256: str | None = None
        """Of the stored bytes, once all lines were read; None for what is no regular file."""
        self.stored_bytes = 0
        self._block_bytes = block_bytes

    def lines(self) -> Generator[Line | Break, None, None]:
        """Yield every line, and at the end at most one break.

        Raises:
            StorageError: the file cannot be read, or is gone.
        """
        opened = self._open()
        if isinstance(opened, Break):
            yield opened
            return
        descriptor, size = opened
        try:
            yield from self._lines_of(descriptor, size)
        finally:
            os.close(descriptor)

    def _lines_of(self, descriptor: int, size: int) -> Iterator[Line | Break]:
        stored_blocks = self._stored_blocks(descriptor)
        decompress = decompression(self.path.name)
        blocks = decompress(stored_blocks) if decompress else stored_blocks
        limit = min(self.limits.ratio * size, self.limits.decompressed) if decompress else None
        splitter = _Splitter(self.limits.record_bytes)
        unfinished: Break | None = None
        try:
            for block in blocks:
                room = None if limit is None else limit - splitter.decompressed
                if room is not None and len(block) > room:
                    yield from splitter.split(block[:room])
                    unfinished = splitter.unfinished(Reason.RATIO_TOO_HIGH, self._too_high())
                    break
                yield from splitter.split(block)
        except BrokenStreamError as error:
            unfinished = splitter.unfinished(Reason.BROKEN_STREAM, str(error))
        # What lies behind a break belongs to the file's hash too.
        for _ in stored_blocks:
            pass
        if unfinished is not None:
            yield unfinished
        else:
            yield from splitter.last_line()

    def _stored_blocks(self, descriptor: int) -> Iterator[bytes]:
        digest = sha256()
        self.stored_bytes = 0
        while block := self._read(descriptor):
            digest.update(block)
            self.stored_bytes += len(block)
            yield block
        self.stored_sha256 = HASH_PREFIX + digest.hexdigest()

    def _read(self, descriptor: int) -> bytes:
        try:
            return os.read(descriptor, self._block_bytes)
        except OSError as error:
            raise StorageError(self._refusal(error)) from None

    def _open(self) -> tuple[int, int] | Break:
        """Return a descriptor and a size, or what kind of file this is instead."""
        try:
            # Looked at before it is opened: opening a FIFO would already wake its writer.
            mode = self.path.lstat().st_mode
            if not stat.S_ISREG(mode):
                return _not_a_regular_file(mode)
            descriptor = os.open(self.path, _FLAGS)
        except OSError as error:
            # It was replaced between the two calls: by a link, or by a socket.
            if error.errno == errno.ELOOP:
                return _not_a_regular_file(stat.S_IFLNK)
            if error.errno == errno.ENXIO:
                return _not_a_regular_file(stat.S_IFSOCK)
            raise StorageError(self._refusal(error)) from None
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode):
            return descriptor, status.st_size
        os.close(descriptor)
        return _not_a_regular_file(status.st_mode)

    def _refusal(self, error: OSError) -> str:
        reason = error.strerror or type(error).__name__
        return f"Cannot read the delivery file {self.path}: {reason}. Mend that and run again."

    def _too_high(self) -> str:
        ratio, most = self.limits.ratio, self.limits.decompressed
        return (
            f"more than {ratio} times the stored bytes, or more than {most} bytes, come out of the "
            "stream; deliver it in smaller files, or not compressed"
        )


def _not_a_regular_file(mode: int) -> Break:
    kind = _KINDS.get(stat.S_IFMT(mode), "a device or the like")
    detail = f"this is {kind}; deliver a regular file"
    return Break(Reason.NOT_A_REGULAR_FILE, detail, 0, b"", hash_bytes(b""))


class _Splitter:
    """Cuts blocks at LF, and keeps what the last one left unfinished."""

    def __init__(self, record_bytes: int) -> None:
        self.decompressed = 0
        self._record_bytes = record_bytes
        self._number = 0
        self._offset = 0
        self._pieces: list[bytes] = []
        self._kept_bytes = 0
        # Of an unfinished line that grew too large, only this is kept.
        self._digest = sha256()
        self._is_too_large = False

    def split(self, block: bytes) -> Iterator[Line]:
        """Yield the lines that end in this block."""
        self.decompressed += len(block)
        first, *others = block.split(b"\n")
        self._keep(first)
        if not others:
            return
        yield self._finished()
        *whole, unfinished = others
        number, offset, limit = self._number, self._offset, self._record_bytes
        for content in whole:
            number += 1
            if len(content) <= limit:
                yield Line(number, offset, content)
            else:
                yield Line(number, offset, None, hash_bytes(content))
            offset += len(content) + 1
        self._number, self._offset = number, offset
        self._keep(unfinished)

    def last_line(self) -> Iterator[Line]:
        """Yield the line that no LF ends, if there is one."""
        if self._pieces or self._is_too_large:
            yield self._finished()

    def unfinished(self, reason: Reason, detail: str) -> Break:
        """Return the break that ends the stream here."""
        line = self._finished()
        return Break(reason, detail, line.byte_offset, line.content, line.raw_sha256)

    def _keep(self, piece: bytes) -> None:
        if not piece:
            return
        self._kept_bytes += len(piece)
        if self._is_too_large:
            self._digest.update(piece)
            return
        self._pieces.append(piece)
        if self._kept_bytes > self._record_bytes:
            self._is_too_large = True
            self._digest = sha256(b"".join(self._pieces))
            self._pieces = []

    def _finished(self) -> Line:
        """Return the line that was kept in pieces, and begin the next one."""
        self._number += 1
        if self._is_too_large:
            digest = HASH_PREFIX + self._digest.hexdigest()
            line = Line(self._number, self._offset, None, digest)
        else:
            line = Line(self._number, self._offset, b"".join(self._pieces))
        self._offset += self._kept_bytes + 1
        self._kept_bytes = 0
        self._pieces = []
        self._is_too_large = False
        return line
