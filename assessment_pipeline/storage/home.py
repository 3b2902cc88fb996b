"""The home folder of one installation: what lies where, and which artifact is current.

CONTRACTS section 1 in code. A pointer, `current/<asset>/<partition>.json`, says which artifact
of an asset is current and from which input it was made; it is replaced atomically, last of all.
Nothing else names a pointer by its bytes, so it carries its own hash, and is believed only as it
was written.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from assessment_pipeline.core.hashing import Json, canonical_json, content_hash
from assessment_pipeline.core.instants import is_day
from assessment_pipeline.errors import IntegrityError, UsageError
from assessment_pipeline.storage.artifacts import ArtifactRef, ArtifactStore
from assessment_pipeline.storage.files import (
    close_to_others,
    make_folder,
    read_file,
    remove_durably,
    sweep_temporary,
    write_durably,
)

# A writer that has been silent for this long is dead: its temporary files are swept.
ABANDONED_AFTER_SECONDS = 3600


class Pointer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which artifact of an asset is current for a partition, and what it was made from."""

    artifact: ArtifactRef
    asset: str
    content_hash: str
    input_key: str
    partition: str
    versions: dict[str, str]


class _WrittenPointer(Pointer, frozen=True, forbid_unknown_fields=True):
    """A pointer as it lies on disk."""

    pointer_hash: str | None = None
    """The content hash of all other fields; earlier releases wrote none."""


class Home:
    """The folders and files of one installation."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which need not exist yet."""
        self.folder = folder.absolute()
        self.deliveries = self.folder / "deliveries"
        self.rubrics = self.folder / "rubrics"
        self.quarantine = self.folder / "quarantine"
        self.exports = self.folder / "exports"
        self.statistics = self.folder / "statistics"
        self.reports = self.folder / "reports"
        self.current = self.folder / "current"
        self.checked = self.folder / "checked"
        self.dagster = self.folder / "dagster"
        self.sources = self.folder / "sources"
        self.intake = self.folder / "intake"
        self.ledger = self.folder / "audit" / "ledger.sqlite"
        self.artifacts = ArtifactStore(self.folder / "artifacts")

    def create(self) -> None:
        """Create the folders that people put things into."""
        for folder in (self.deliveries, self.rubrics, self.artifacts.folder, self.dagster):
            make_folder(folder)
        # Dagster opens its storage before any code of ours runs: started from elsewhere with a lax
        # umask, it leaves files that all may read, so the way to them is closed.
        close_to_others(self.dagster)

    def sweep(self) -> int:
        """Remove temporary files that a killed run left behind; return how many."""
        older_than = time.time() - ABANDONED_AFTER_SECONDS
        artifacts = self.artifacts.folder
        roots = [artifacts, self.current, self.quarantine, self.exports, self.deliveries]
        roots += [self.sources, self.intake, self.statistics, self.reports, self.checked]
        folders = [path for root in roots for path in (root, *root.glob("*")) if path.is_dir()]
        return sweep_temporary(folders, older_than=older_than)

    def delivery_folder(self, partition: str) -> Path:
        """Return where the deliveries of a day lie."""
        return self.deliveries / partition

    def export_folder(self, partition: str) -> Path:
        """Return where the exports of a day lie."""
        return self.exports / partition

    def report_folder(self, partition: str) -> Path:
        """Return where the pages of a day lie."""
        return self.reports / partition

    def _pointer_path(self, asset: str, partition: str) -> Path:
        return self.current / asset / f"{partition}.json"

    def pointer(self, asset: str, partition: str) -> Pointer | None:
        """Return what is current, or nothing if the asset was never made for the partition."""
        path = self._pointer_path(asset, partition)
        if not path.is_file():
            return None
        content = read_file(path)
        pointer = _read_pointer(content)
        if pointer is None or content not in _written_forms(pointer):
            message = f"{path} is not as it was written; delete it and run `score` on its day."
            raise IntegrityError(message)
        return pointer

    def point(self, pointer: Pointer) -> None:
        """Make an artifact the current one of its asset and partition."""
        path = self._pointer_path(pointer.asset, pointer.partition)
        write_durably(path, _pointer_bytes(pointer))

    def forget(self, asset: str, partition: str) -> None:
        """Make nothing the current one of an asset that can be made again."""
        path = self._pointer_path(asset, partition)
        if path.exists():
            remove_durably(path)

    def delivery_days(self) -> list[str]:
        """Return the days that have a delivery folder, in order."""
        return list(_days_in(self.deliveries))

    def misplaced_deliveries(self) -> list[str]:
        """Return the names in the delivery folder that are no days, so that nothing reads them."""
        if not self.deliveries.is_dir():
            return []
        return sorted(path.name for path in self.deliveries.iterdir() if not is_day(path.name))

    def scored_days(self) -> list[str]:
        """Return the days whose exports are current, in order."""
        return self.days_of("csv_exports")

    def days_of(self, asset: str) -> list[str]:
        """Return the days that an asset is made for, in order."""
        return [partition for partition in self.partitions_of(asset) if is_day(partition)]

    def partitions_of(self, asset: str) -> list[str]:
        """Return what an asset is made for, in order: days, or what else it is told apart by."""
        return sorted(path.stem for path in (self.current / asset).glob("*.json"))


def _pointer_bytes(pointer: Pointer) -> bytes:
    return _written_forms(pointer)[0]


def _written_forms(pointer: Pointer) -> tuple[bytes, bytes]:
    """Return how a pointer is written, and how earlier releases wrote it: without its hash."""
    fields: dict[str, Json] = msgspec.to_builtins(pointer)
    hashed = canonical_json({**fields, "pointer_hash": content_hash(fields)})
    return hashed + b"\n", canonical_json(fields) + b"\n"


def _read_pointer(content: bytes) -> Pointer | None:
    try:
        written = msgspec.json.decode(content, type=_WrittenPointer)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return Pointer(
        artifact=written.artifact,
        asset=written.asset,
        content_hash=written.content_hash,
        input_key=written.input_key,
        partition=written.partition,
        versions=written.versions,
    )


def parse_day(text: str) -> str:
    """Return a partition's name, or say how dates are written."""
    if not is_day(text):
        message = f"{text!r} is not a date: write it as YYYY-MM-DD, for example 2026-11-20."
        raise UsageError(message)
    return text


def _days_in(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        yield from sorted(path.name for path in folder.iterdir() if is_day(path.name))
