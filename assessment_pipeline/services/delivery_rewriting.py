"""Delivery rewriting: a delivery file without the lines of one candidate.

The only place where a delivery file changes, and only for an erasure. Each line that stays keeps
its bytes; compressed files are compressed anew. Finding out what else is to go is
`services.erasure_plan`.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

import zstandard

from assessment_pipeline.core.erasure import is_of_candidate
from assessment_pipeline.core.rejections import ReaderLimits
from assessment_pipeline.sources.lines import Break, DeliveryFile, Line
from assessment_pipeline.storage.files import DurableFile

# A line that is too long to be captured is looked at all the same, and kept if it stays.
_ANY_LINE: Final = ReaderLimits(record_bytes=ReaderLimits().decompressed)
_GZIP: Final = 31


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


class _Plain:
    """What a file that is not compressed is written through."""

    def compress(self, data: bytes, /) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


def count_lines_of(path: Path, candidate_id: str) -> int:
    """Return how many lines of a delivery file are about a candidate; nothing is written."""
    return sum(_is_of(line, candidate_id) for line in _lines(path))


def rewrite_without(path: Path, candidate_id: str) -> int:
    """Replace a delivery file by one without a candidate's lines; return how many there were.

    One that has none is left alone. What lies behind the break of a damaged file cannot be read,
    so it is not kept: it might be the candidate's.
    """
    if not count_lines_of(path, candidate_id):
        return 0
    compressor = _compressor(path.name)
    removed = 0
    with DurableFile(path.parent) as file:
        for line in _lines(path):
            if _is_of(line, candidate_id):
                removed += 1
            elif not isinstance(line, Break) and line.content is not None:
                file.write(compressor.compress(line.content + b"\n"))
        file.write(compressor.flush())
        file.publish(path)
    return removed


def _lines(path: Path) -> Iterator[Line | Break]:
    return DeliveryFile(path, _ANY_LINE).lines()


def _is_of(line: Line | Break, candidate_id: str) -> bool:
    return line.content is not None and is_of_candidate(line.content, candidate_id)


def _compressor(name: str) -> _Compressor:
    if name.endswith(".gz"):
        return zlib.compressobj(wbits=_GZIP)
    if name.endswith(".zst"):
        return zstandard.ZstdCompressor().compressobj()
    return _Plain()
