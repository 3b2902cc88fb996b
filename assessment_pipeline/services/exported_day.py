"""An exported day: its CSV files as they were exported, checked while they are read.

Reading alone; who reads a file to its end knows that no byte of it was changed, and gets an
IntegrityError otherwise. What is made of the rows is no business of this module.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from assessment_pipeline.core.export_cells import rows_of
from assessment_pipeline.core.exports import MANIFEST
from assessment_pipeline.core.hashing import HASH_PREFIX, hash_bytes
from assessment_pipeline.errors import IntegrityError, NothingThereError
from assessment_pipeline.services.indexes import EXPORTS, ExportsIndex, current_index
from assessment_pipeline.storage.files import StoredBytes, blocks_of, read_file
from assessment_pipeline.storage.home import Home, parse_day


@dataclass(frozen=True)
class ExportedDay:
    """The exports of one day."""

    day: str
    folder: Path
    index: ExportsIndex

    def manifest(self) -> bytes:
        """Return manifest.json."""
        path = self.folder / MANIFEST
        content = read_file(self._existing(path))
        if hash_bytes(content) != self.index.manifest_sha256:
            raise _altered(path, "is not as it was exported")
        return content

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes; IntegrityError in the end if they are not what was exported."""
        path = self._existing(self.folder / name)
        digest, size = sha256(), 0
        for block in blocks_of(path):
            digest.update(block)
            size += len(block)
            yield block
        expected = self.index.files[name]
        stored = StoredBytes(HASH_PREFIX + digest.hexdigest(), size)
        if stored != StoredBytes(expected.sha256, expected.bytes):
            raise _altered(path, "is not as it was exported")

    def lines(self, name: str) -> Iterator[str]:
        """Yield a file's lines with their LF, checked alike; no other character ends one."""
        unfinished = b""
        try:
            for block in self.blocks(name):
                lines = (unfinished + block).split(b"\n")
                unfinished = lines.pop()
                for line in lines:
                    yield line.decode() + "\n"
            if unfinished:
                yield unfinished.decode()
        except UnicodeDecodeError:
            raise _altered(self.folder / name, "is not as it was exported") from None

    def rows(self, name: str) -> Iterator[list[str]]:
        """Yield the cells of a file's rows below its header, checked alike."""
        return rows_of(name, self.lines(name))

    @staticmethod
    def _existing(path: Path) -> Path:
        if not path.is_file():
            raise _altered(path, "is missing")
        return path


def exported_day(home: Home, day: str) -> ExportedDay:
    """Return the exports of a day; NothingThereError if it has none."""
    index = current_index(home, EXPORTS, parse_day(day), ExportsIndex)
    if index is None:
        raise NothingThereError(
            f"There are no exports for {day} in {home.folder}; "
            f"run `assessment-pipeline score --date {day}` first."
        )
    return ExportedDay(day, home.export_folder(day), index)


def _altered(path: Path, what: str) -> IntegrityError:
    day = path.parent.name
    return IntegrityError(
        f"{path} {what}; run `assessment-pipeline score --date {day}` to write it again."
    )
