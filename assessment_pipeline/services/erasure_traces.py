"""Erasure traces: what older versions of a day have left of an erased candidate.

Artifacts are never overwritten, so what a day was before still lies in the store when its
pointers lead elsewhere. An artifact that no pointer leads to is a trace if it holds the
candidate's id or the hash of an erased snapshot or score run, or belongs to a chunk of which
another part does: evaluations hold responses and no ids. Found anew each time, so a clean-up that
was broken off is simply done again.
"""

import re
from base64 import b64decode
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import msgspec

from assessment_pipeline.core.erasure import is_of_candidate
from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.core.instants import is_day
from assessment_pipeline.services.indexes import (
    FeaturesIndex,
    ScorecardsIndex,
    ScoreRunsIndex,
    SnapshotsIndex,
    artifacts_of,
)
from assessment_pipeline.services.locks import step_lock
from assessment_pipeline.services.quarantine import quarantine_name
from assessment_pipeline.services.scorecard_pages import remove_pages
from assessment_pipeline.storage.artifacts import ArtifactRef, ArtifactStore
from assessment_pipeline.storage.files import (
    TEMPORARY_SUFFIX,
    mapped,
    read_file,
    remove_durably,
    write_durably,
)
from assessment_pipeline.storage.home import Home

_CHUNKED: Final = (SnapshotsIndex, FeaturesIndex, ScoreRunsIndex, ScorecardsIndex)
_HASH: Final = re.compile(rb"sha256:[0-9a-f]{64}")
# An index is one line, and names a few artifacts for some thousands of sessions.
_INDEX_MOST_BYTES: Final = 1 << 26


class Marks:
    """What gives an artifact away as one that holds something of a candidate."""

    def __init__(self, candidate_id: str, erased: Collection[str]) -> None:
        """Look for a candidate's id and for any of these hashes."""
        self._candidate = f'"{candidate_id}"'.encode()
        self._erased = {text.encode() for text in erased}

    def are_in(self, path: Path) -> bool:
        """Whether a file holds any of them."""
        with mapped(path) as content:
            if content.find(self._candidate) >= 0:
                return True
            return any(found.group() in self._erased for found in _HASH.finditer(content))


def remove_artifacts(home: Home, marks: Marks) -> int:
    """Remove every artifact that is a trace; return how many there were.

    Indexes go last: they lead to what has no ids of its own.
    """
    store = home.artifacts
    loose = set(_files(store)) - {store.path(ref) for ref in _reachable(home)}
    traces = {path for path in loose if marks.are_in(path)}
    indexes = set()
    for path in loose:
        index = _index(path)
        for group in _groups(index):
            paths = {store.path(ref) for ref in group}
            if paths & traces or not all(each.exists() for each in paths):
                indexes.add(path)
                traces |= paths & loose
    for path in (*sorted(traces - indexes), *sorted(indexes)):
        remove_durably(path)
    return len(traces | indexes)


def leftovers(home: Home, marks: Marks) -> int:
    """Return how many unfinished files still hold a trace.

    Temporary ones of a killed run are swept when they are older; what the intake has not yet made
    a delivery file of will be one soon.
    """
    unfinished = (
        *home.artifacts.folder.glob(f".*{TEMPORARY_SUFFIX}"),
        *home.intake.glob("*/*.jsonl"),
        *home.reports.glob(f"*/.*{TEMPORARY_SUFFIX}"),
    )
    return sum(marks.are_in(path) for path in unfinished)


def remove_pages_of(home: Home, candidate_id: str, days: Collection[str]) -> int:
    """Remove the pages of these days, and of any other that shows a candidate.

    All of a day's: its index counts and lists everybody. They can be made again.
    """
    marks = Marks(candidate_id, ())
    removed = 0
    for folder in sorted(path for path in home.reports.glob("*") if is_day(path.name)):
        with step_lock(home, folder.name):
            if folder.name in days or any(map(marks.are_in, folder.glob("*.html"))):
                removed += remove_pages(home, folder.name)
    return removed


def _files(store: ArtifactStore) -> Iterator[Path]:
    if store.folder.is_dir():
        yield from store.folder.glob("*.jsonl")


def _reachable(home: Home) -> Iterator[ArtifactRef]:
    """Yield every artifact that a pointer of any day leads to."""
    for path in home.current.glob("*/*.json"):
        pointer = home.pointer(path.parent.name, path.stem)
        if pointer is not None:
            yield pointer.artifact
            yield from _refs(msgspec.json.decode(home.artifacts.read(pointer.artifact)))


def _refs(index: object) -> Iterator[ArtifactRef]:
    """Yield the artifacts that an index names, whichever it is."""
    if isinstance(index, list):
        for part in index:
            yield from _refs(part)
    elif isinstance(index, dict):
        if index.keys() == {"bytes", "sha256"}:
            yield ArtifactRef(index["sha256"], index["bytes"])
        for part in index.values():
            yield from _refs(part)


def _index(path: Path) -> msgspec.Struct | None:
    """Return the index that an artifact is, or None if it is none."""
    if path.stat().st_size > _INDEX_MOST_BYTES:
        return None
    content = read_file(path)
    if not content.startswith(b"{") or content.count(b"\n") != 1:
        return None
    for shape in _CHUNKED:
        try:
            index: msgspec.Struct = msgspec.json.decode(content, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        return index
    return None


def _groups(index: msgspec.Struct | None) -> Iterator[list[ArtifactRef]]:
    """Yield the artifacts of each file or chunk of an index, which belong together."""
    if isinstance(index, SnapshotsIndex):
        yield [index.sessions]
        yield from (list(artifacts_of(file)) for file in index.files)
    elif isinstance(index, FeaturesIndex | ScoreRunsIndex | ScorecardsIndex):
        yield from (list(artifacts_of(chunk)) for chunk in index.chunks)


def rewrite_quarantine(home: Home, partition: str, candidate_id: str) -> int:
    """Rewrite a day's quarantine files without a candidate's lines; return how many lines.

    The file that is current has none any more when the day was captured anew.
    """
    removed = 0
    for path in sorted((home.quarantine / partition).glob("*.jsonl")):
        lines = read_file(path).splitlines(keepends=True)
        kept = [line for line in lines if not _is_quarantined_of(line, candidate_id)]
        if len(kept) == len(lines):
            continue
        removed += len(lines) - len(kept)
        if kept:
            content = b"".join(kept)
            write_durably(path.with_name(quarantine_name(hash_bytes(content))), content)
        remove_durably(path)
    return removed


def _is_quarantined_of(line: bytes, candidate_id: str) -> bool:
    record = msgspec.json.decode(line)
    return is_of_candidate(b64decode(record.get("raw_base64", "")), candidate_id)
