"""Intact files: read once as long as they are untouched, and for no longer than some minutes."""

import os
import time
from hashlib import sha256
from pathlib import Path

import pytest

from assessment_pipeline.errors import StorageError
from assessment_pipeline.storage import intact_files
from assessment_pipeline.storage.files import StoredBytes, hash_file
from assessment_pipeline.storage.intact_files import IntactFiles

LATER_NS = 5_000_000_000


class Watched:
    """Intact files whose clocks a test moves, with the files that were read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.minutes = 0.0
        # As if all files had been written some time ago, since nobody can set that time.
        self.later_ns = LATER_NS
        self.read: list[Path] = []
        self.files = IntactFiles(lambda: self.minutes * 60, lambda: time.time_ns() + self.later_ns)
        monkeypatch.setattr(intact_files, "hash_file", self._read)

    def _read(self, path: Path) -> StoredBytes:
        self.read.append(path)
        return hash_file(path)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(monkeypatch)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"content")
    return path


def stored(content: bytes) -> StoredBytes:
    return StoredBytes(f"sha256:{sha256(content).hexdigest()}", len(content))


def test_an_untouched_file_is_read_once(watched: Watched, path: Path) -> None:
    for _ in range(3):
        assert watched.files.hash(path) == stored(b"content")
    assert watched.read == [path]


def test_after_some_minutes_it_is_read_again(watched: Watched, path: Path) -> None:
    for watched.minutes, expected in ((0, 1), (9.9, 1), (10, 2), (19.9, 2), (20, 3)):
        watched.files.hash(path)
        assert len(watched.read) == expected


def test_a_file_that_was_written_to_is_read_again(watched: Watched, path: Path) -> None:
    watched.files.hash(path)
    with path.open("r+b") as file:
        file.write(b"C")
    assert watched.files.hash(path) == stored(b"Content")


def test_a_file_written_with_its_old_times_is_read_again(watched: Watched, path: Path) -> None:
    watched.files.hash(path)
    status = path.stat()
    time.sleep(0.02)  # longer than a tick of the file system's clock
    path.write_bytes(b"CONTENT")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_mtime_ns == status.st_mtime_ns
    assert watched.files.hash(path) == stored(b"CONTENT")


def test_another_file_under_the_name_is_read(watched: Watched, path: Path) -> None:
    watched.files.hash(path)
    other = path.with_name("other")
    other.write_bytes(b"CONTENT")
    other.rename(path)
    assert watched.files.hash(path) == stored(b"CONTENT")


def test_a_file_written_a_moment_ago_is_not_remembered(watched: Watched, path: Path) -> None:
    """Whoever writes to it within the same tick would not be seen."""
    watched.later_ns = 0
    for _ in range(2):
        watched.files.hash(path)
    assert watched.read == [path, path]


def test_a_file_written_to_while_it_is_read_is_not_remembered(
    watched: Watched, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_and_change(path: Path) -> StoredBytes:
        found = hash_file(path)
        path.write_bytes(b"content, and more")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(intact_files, "hash_file", read_and_change)
        watched.files.hash(path)
    assert watched.files.hash(path) == stored(b"content, and more")


def test_a_file_that_is_gone_is_an_error_that_names_it(watched: Watched, path: Path) -> None:
    watched.files.hash(path)
    path.unlink()
    with pytest.raises(StorageError, match=path.name):
        watched.files.hash(path)


def test_no_more_files_are_remembered_than_a_bound(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intact_files, "_MOST_FILES", 2)
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_bytes(b"")
        watched.files.hash(path)
    watched.files.hash(paths[2])
    assert watched.read == paths
    watched.files.hash(paths[0])
    assert watched.read == [*paths, paths[0]]
