"""Durable files: whole or not there, readable by their owner alone, and errors that name a path."""

import os
import stat
from hashlib import sha256
from pathlib import Path

import pytest

from assessment_pipeline.errors import StorageError
from assessment_pipeline.storage.files import (
    DurableFile,
    StoredBytes,
    blocks_of,
    hash_file,
    make_folder,
    mapped,
    read_file,
    sliced,
    sweep_temporary,
    write_durably,
)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_that_became_shorter_while_it_is_open_is_no_other_content(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    with sliced(path) as content:
        assert content[2:5] == b"234"
        os.truncate(path, 4)
        with pytest.raises(StorageError, match="ends too early"):
            content[2:5]


def test_a_file_holds_all_that_was_written_in_order(tmp_path: Path) -> None:
    parts = [bytes([number]) * 400_000 for number in range(6)]

    with DurableFile(tmp_path) as file:
        for part in parts:
            file.write(part)
        stored = file.publish(tmp_path / "a")

    content = b"".join(parts)
    assert (tmp_path / "a").read_bytes() == content
    assert stored == StoredBytes(f"sha256:{sha256(content).hexdigest()}", len(content))


def test_what_was_written_is_known_before_it_is_published(tmp_path: Path) -> None:
    with DurableFile(tmp_path) as file:
        file.write(b"one")
        assert file.stored == StoredBytes(f"sha256:{sha256(b'one').hexdigest()}", 3)
        file.write(b"two")
        assert file.stored == file.publish(tmp_path / "a")

    assert (tmp_path / "a").read_bytes() == b"onetwo"


def test_nothing_written_is_an_empty_file(tmp_path: Path) -> None:
    assert write_durably(tmp_path / "a", b"").bytes == 0
    assert (tmp_path / "a").read_bytes() == b""


def test_a_file_that_is_not_published_leaves_nothing(tmp_path: Path) -> None:
    with DurableFile(tmp_path) as file:
        file.write(b"x")
        assert file.stored.bytes == 1

    assert list(tmp_path.iterdir()) == []


def test_an_error_while_writing_leaves_what_was_there(tmp_path: Path) -> None:
    write_durably(tmp_path / "a", b"old")

    def fail_half_way() -> None:
        with DurableFile(tmp_path) as file:
            file.write(b"new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()

    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_publishing_replaces_what_is_there(tmp_path: Path) -> None:
    write_durably(tmp_path / "a", b"old")
    write_durably(tmp_path / "a", b"new")

    assert (tmp_path / "a").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_and_folders_are_their_owner_s_alone_whatever_the_umask(
    tmp_path: Path, umask: int
) -> None:
    before = os.umask(umask)
    try:
        write_durably(tmp_path / "new" / "deep" / "a", b"x")
    finally:
        os.umask(before)

    assert mode_of(tmp_path / "new") == 0o700
    assert mode_of(tmp_path / "new" / "deep") == 0o700
    assert mode_of(tmp_path / "new" / "deep" / "a") == 0o600


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir(mode=0o750)
    before = mode_of(folder)

    make_folder(folder)

    assert mode_of(folder) == before


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StorageError, match=r"Cannot create the folder .*file/below"):
        make_folder(tmp_path / "file" / "below")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"")

    with pytest.raises(StorageError, match=rf"Cannot write {tmp_path}/a: "):
        write_durably(tmp_path / "a", b"x")


def test_after_a_failed_write_no_temporary_file_is_left(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()

    with pytest.raises(StorageError):
        write_durably(tmp_path / "a", b"x")

    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_that_is_not_there_is_named_in_one_sentence(tmp_path: Path) -> None:
    for read in (read_file, hash_file, lambda path: list(blocks_of(path))):
        with pytest.raises(
            StorageError, match=r"^Cannot read .*gone: .*\. Mend that and run again"
        ):
            read(tmp_path / "gone")


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1])
def test_every_way_of_reading_gives_the_same_bytes(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    path = tmp_path / "a"
    path.write_bytes(content)

    assert read_file(path) == content
    assert b"".join(blocks_of(path)) == content
    assert hash_file(path) == StoredBytes(f"sha256:{sha256(content).hexdigest()}", size)
    with mapped(path) as found, sliced(path) as parts:
        assert found[:] == parts[:] == content
        assert parts[1:3] == content[1:3]
        assert parts[3:1] == b""


def test_only_temporary_files_of_the_past_are_swept(tmp_path: Path) -> None:
    names = (".1-old.tmp", ".2-new.tmp", "kept.jsonl", ".kept", "kept.tmp")
    for name in names:
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (1_000, 1_000))
    os.utime(tmp_path / ".2-new.tmp", (3_000, 3_000))

    assert sweep_temporary([tmp_path, tmp_path / "gone"], older_than=2_000) == 1

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names[1:])
