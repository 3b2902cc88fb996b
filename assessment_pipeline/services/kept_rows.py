"""Kept rows: what the day's exports already hold of chunks that have not changed.

A chunk's key names its score runs and our versions, and with them every byte of its rows. So an
export that is made anew takes the rows of known chunks out of the files that are there, once
these are known to be as they were written, and renders the others only.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from assessment_pipeline.core.exports import header
from assessment_pipeline.services.indexes import ExportedChunk, ExportsIndex
from assessment_pipeline.storage.files import SlicedFile, sliced

_BLOCK_BYTES: Final = 1 << 20


class _Range(NamedTuple):
    offset: int
    bytes: int


class KeptRows:
    """The rows of an export that is there, by the key of their chunk."""

    def __init__(self) -> None:
        """Begin with nothing kept."""
        self._contents: dict[str, SlicedFile] = {}
        self._chunks: dict[str, ExportedChunk] = {}
        self._ranges: dict[tuple[str, str], _Range] = {}

    @classmethod
    def of(cls, folder: Path, index: ExportsIndex, opened: ExitStack) -> "KeptRows":
        """Open the files of an export, which must be as the index says.

        Nothing is kept of files that the chunks are not the whole of.
        """
        kept = cls()
        offsets = {name: len(header(name)) for name in index.files}
        rows = dict.fromkeys(index.files, 0)
        for chunk in index.chunks:
            kept._chunks[chunk.key] = chunk
            for name, part in chunk.files.items():
                kept._ranges[chunk.key, name] = _Range(offsets[name], part.bytes)
                offsets[name] += part.bytes
                rows[name] += part.rows
        if any(
            (file.bytes, file.rows) != (offsets[name], rows[name])
            for name, file in index.files.items()
        ):
            return cls()
        kept._contents = {name: opened.enter_context(sliced(folder / name)) for name in index.files}
        return kept

    @property
    def chunks(self) -> Mapping[str, ExportedChunk]:
        """What is kept, by key."""
        return self._chunks

    def rows(self, key: str, name: str) -> Iterator[bytes]:
        """Yield the rows that a file holds of a chunk, block by block."""
        offset, size = self._ranges[key, name]
        content = self._contents[name]
        for begin in range(offset, offset + size, _BLOCK_BYTES):
            yield content[begin : min(begin + _BLOCK_BYTES, offset + size)]
