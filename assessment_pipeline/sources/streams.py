"""Decompression of delivery files as streams that are not trusted: gzip members, zstd frames.

Blocks of stored bytes in, blocks of decompressed bytes out, none much larger than a block that
came in, or 256 KiB. Whatever can be decompressed before a stream breaks comes out before the
error does, and always the same bytes, however the stored ones were cut into blocks. How much may
come out in all is decided by whoever reads.
"""

import zlib
from collections.abc import Callable, Generator, Iterator
from typing import Final

import zstandard

from assessment_pipeline.errors import StorageError

_GZIP: Final = 31
_INFLATED_BYTES: Final = 1 << 18

_ZSTD_MAGIC: Final = 0xFD2FB528
_SKIPPABLE_MAGIC: Final = range(0x184D2A50, 0x184D2A60)
_SKIPPED_BYTES: Final = 128 << 10
_RLE_BLOCK: Final = 1
_DICTIONARY_ID_BYTES: Final = (0, 1, 2, 4)
_CONTENT_SIZE_BYTES: Final = (0, 2, 4, 8)

Blocks = Iterator[bytes]


class BrokenStreamError(StorageError):
    """A stream ends too soon, or is not in its format from some place on."""


def decompression(name: str) -> Callable[[Blocks], Blocks] | None:
    """Return what decompresses a file of this name, None if its bytes are read as they are."""
    if name.endswith(".gz"):
        return gunzip
    return unzstd if name.endswith(".zst") else None


def gunzip(blocks: Blocks) -> Blocks:
    """Decompress gzip members, one after the other; zeros after a member are padding (RFC 1952).

    Raises:
        BrokenStreamError: the stream ends within a member, or something else follows one.
    """
    member = None
    members = 0
    for block in blocks:
        rest = block
        while rest:
            if member is None:
                rest = rest.lstrip(b"\0") if members else rest
                if not rest:
                    break
                member = zlib.decompressobj(_GZIP)
                members += 1
            rest = yield from _inflate(member, rest)
            if member.eof:
                member = None
    if member is not None or not members:
        raise BrokenStreamError("the gzip stream ends before its end; deliver the whole file")


def _inflate(member: "zlib._Decompress", stored: bytes) -> Generator[bytes, None, bytes]:
    """Yield what stored bytes hold of a member; return those that lie after its end."""
    while True:
        before = member.copy()
        try:
            inflated = member.decompress(stored, _INFLATED_BYTES)
        except zlib.error:
            yield from _inflate_bytewise(before, stored)
            message = "the gzip stream is damaged, or something else follows it"
            raise BrokenStreamError(f"{message}; deliver the file anew") from None
        if inflated:
            yield inflated
        if member.eof:
            return member.unused_data
        stored = member.unconsumed_tail
        if not stored and len(inflated) < _INFLATED_BYTES:
            return b""


def _inflate_bytewise(member: "zlib._Decompress", stored: bytes) -> Blocks:
    # A failing call keeps back what it had inflated; byte by byte only the last byte fails.
    for position in range(len(stored)):
        try:
            inflated = member.decompress(stored[position : position + 1])
        except zlib.error:
            return
        if inflated:
            yield inflated


def unzstd(blocks: Blocks) -> Blocks:
    """Decompress zstd frames, one after the other (RFC 8878).

    The frames' own blocks are fed one at a time: none gives more than 128 KiB, and a missing or
    damaged one costs nothing that came before it.

    Raises:
        BrokenStreamError: the stream ends within a frame, or something else follows one.
    """
    stored = _Stored(blocks)
    decompressor = zstandard.ZstdDecompressor()
    frames = 0
    while magic := stored.take_at_most(4):
        number = int.from_bytes(magic, "little")
        if len(magic) == 4 and number == _ZSTD_MAGIC:
            try:
                yield from _frame(decompressor, magic, stored)
            except zstandard.ZstdError:
                raise BrokenStreamError(
                    "the zstd stream is damaged, or needs a dictionary; deliver the file anew"
                ) from None
        elif len(magic) == 4 and number in _SKIPPABLE_MAGIC:
            stored.skip(int.from_bytes(stored.take(4), "little"))
        else:
            raise BrokenStreamError("what follows is not zstd; deliver the file anew")
        frames += 1
    if not frames:
        raise BrokenStreamError("the file is empty, which no zstd stream is; deliver it anew")


def _frame(decompressor: zstandard.ZstdDecompressor, magic: bytes, stored: "_Stored") -> Blocks:
    decompressing = decompressor.decompressobj()
    descriptor = stored.take(1)
    flags = descriptor[0]
    is_single_segment = bool(flags & 0x20)
    has_checksum = bool(flags & 0x04)
    size_bytes = _CONTENT_SIZE_BYTES[flags >> 6] or int(is_single_segment)
    header_bytes = (not is_single_segment) + _DICTIONARY_ID_BYTES[flags & 3] + size_bytes
    yield decompressing.decompress(magic + descriptor + stored.take(header_bytes))
    is_last = False
    while not is_last:
        block_header = stored.take(3)
        number = int.from_bytes(block_header, "little")
        is_last, kind, size = bool(number & 1), (number >> 1) & 3, number >> 3
        content = stored.take(1 if kind == _RLE_BLOCK else size)
        yield decompressing.decompress(block_header + content)
    if has_checksum:
        yield decompressing.decompress(stored.take(4))
    if not decompressing.eof:
        raise zstandard.ZstdError


class _Stored:
    """Stored bytes, taken in pieces of a wanted length."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._block = b""
        self._position = 0

    def take_at_most(self, count: int) -> bytes:
        """Take so many bytes, fewer only at the end."""
        taken = self._block[self._position : self._position + count]
        self._position += len(taken)
        while len(taken) < count and self._next_block():
            more = self._block[: count - len(taken)]
            self._position = len(more)
            taken += more
        return taken

    def take(self, count: int) -> bytes:
        """Take so many bytes; it is a break if they are not there."""
        taken = self.take_at_most(count)
        if len(taken) < count:
            raise BrokenStreamError("the zstd stream ends before its end; deliver the whole file")
        return taken

    def skip(self, count: int) -> None:
        """Leave out so many bytes; it is a break if they are not there."""
        while count:
            count -= len(self.take(min(count, _SKIPPED_BYTES)))

    def _next_block(self) -> bool:
        self._block = next(self._blocks, b"")
        self._position = 0
        return bool(self._block)
