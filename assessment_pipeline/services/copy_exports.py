"""Copy a day's exports out of the home, in the dialect that their reader needs.

What is copied is checked on the way against what was exported, so that an altered file never
leaves the home. The manifest comes last and describes the files beside it: in the `csv` dialect
they and it are byte for byte those of the home; the `excel` dialect has a manifest of its own,
which also names the manifest that the files were made from.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from assessment_pipeline.core.excel_dialect import to_excel
from assessment_pipeline.core.exports import MANIFEST, ExportedFile
from assessment_pipeline.core.hashing import HASH_PREFIX, Json, canonical_json, hash_bytes
from assessment_pipeline.errors import IntegrityError, NothingThereError, UsageError
from assessment_pipeline.services.indexes import EXPORTS, ExportsIndex, current_index
from assessment_pipeline.storage.files import (
    DurableFile,
    StoredBytes,
    blocks_of,
    naming,
    read_file,
    write_durably,
)
from assessment_pipeline.storage.home import Home, parse_day

Dialect: TypeAlias = Literal["csv", "excel"]
DIALECTS: Final[tuple[Dialect, ...]] = get_args(Dialect)


@dataclass(frozen=True)
class CopiedExports:
    """What was copied, and to which folder; `files` is in the dialect's own bytes."""

    day: str
    folder: Path
    dialect: Dialect
    files: Mapping[str, ExportedFile]


def copy_exports(home: Home, day: str, to: Path, dialect: Dialect = "csv") -> CopiedExports:
    """Copy a day's CSV files and a manifest to a folder outside the home.

    NothingThereError if the day has no exports, IntegrityError if a file of it was altered;
    nothing is replaced then.
    """
    if dialect not in DIALECTS:
        raise UsageError(f"There is no dialect {dialect}; choose one of {', '.join(DIALECTS)}.")
    target = _target(home, to)
    index = current_index(home, EXPORTS, parse_day(day), ExportsIndex)
    if index is None:
        raise NothingThereError(
            f"There are no exports for {day} in {home.folder}; "
            f"run `assessment-pipeline score --date {day}` first."
        )
    source = home.export_folder(day)
    manifest = _read_manifest(source / MANIFEST, index)
    with ExitStack() as stack:
        written: dict[str, DurableFile] = {}
        for name, expected in index.files.items():
            written[name] = stack.enter_context(DurableFile(target))
            for content in _checked_content(source / name, expected, dialect):
                written[name].write(content)
        files = {
            name: ExportedFile(file.stored.bytes, index.files[name].rows, file.stored.sha256)
            for name, file in written.items()
        }
        for name, file in written.items():
            file.publish(target / name)
    if dialect != "csv":
        manifest = _dialect_manifest(day, dialect, files, index)
    write_durably(target / MANIFEST, manifest)
    return CopiedExports(day, target, dialect, files)


def _target(home: Home, to: Path) -> Path:
    """Return the folder to write to, which must not be one that the home's own files live in."""
    with naming(to, "use"):
        target = to.resolve()
    if target.is_relative_to(home.folder.resolve()):
        raise UsageError(f"{to} lies in the home {home.folder}; choose a folder outside of it.")
    if target.exists() and not target.is_dir():
        raise UsageError(f"{to} is not a folder; name one for the files to be copied to.")
    return target


def _read_manifest(path: Path, index: ExportsIndex) -> bytes:
    if not path.is_file():
        raise IntegrityError(_altered(path, "is missing"))
    content = read_file(path)
    if hash_bytes(content) != index.manifest_sha256:
        raise IntegrityError(_altered(path, "is not as it was exported"))
    return content


def _checked_content(path: Path, expected: ExportedFile, dialect: Dialect) -> Iterator[bytes]:
    """Yield a file in the dialect; IntegrityError in the end if it is not what was exported."""
    if not path.is_file():
        raise IntegrityError(_altered(path, "is missing"))
    original = _HashedFile(path)
    if dialect == "csv":
        yield from original.blocks()
    else:
        for row in to_excel(path.name, original.lines()):
            yield row.encode()
    if original.stored != StoredBytes(expected.sha256, expected.bytes):
        raise IntegrityError(_altered(path, "is not as it was exported"))


class _HashedFile:
    """A file that is read once, from its beginning to its end, and hashed on the way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hash = sha256()
        self._bytes = 0

    def blocks(self) -> Iterator[bytes]:
        for block in blocks_of(self._path):
            self._hash.update(block)
            self._bytes += len(block)
            yield block

    def lines(self) -> Iterator[str]:
        """Yield the lines with their LF; no other character ends one."""
        unfinished = b""
        try:
            for block in self.blocks():
                lines = (unfinished + block).split(b"\n")
                unfinished = lines.pop()
                for line in lines:
                    yield line.decode() + "\n"
            if unfinished:
                yield unfinished.decode()
        except UnicodeDecodeError:
            raise IntegrityError(_altered(self._path, "is not as it was exported")) from None

    @property
    def stored(self) -> StoredBytes:
        return StoredBytes(HASH_PREFIX + self._hash.hexdigest(), self._bytes)


def _dialect_manifest(
    day: str, dialect: Dialect, files: Mapping[str, ExportedFile], index: ExportsIndex
) -> bytes:
    described: dict[str, Json] = {
        name: {"bytes": file.bytes, "rows": file.rows, "sha256": file.sha256}
        for name, file in files.items()
    }
    source: dict[str, Json] = {
        "content_hash": index.content_hash,
        "manifest_sha256": index.manifest_sha256,
    }
    return canonical_json(
        {"delivery_date": day, "dialect": dialect, "files": described, "source": source}
    )


def _altered(path: Path, what: str) -> str:
    day = path.parent.name
    return f"{path} {what}; run `assessment-pipeline score --date {day}` to write it again."
