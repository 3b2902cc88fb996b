import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assessment_pipeline.errors import NothingThereError, StorageError, UsageError
from assessment_pipeline.services.deliver import deliver, deliver_bytes
from assessment_pipeline.storage.home import Home

DAY = "2026-11-20"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    folder = tmp_path / "outbox"
    folder.mkdir()
    return folder


def written(folder: Path, name: str, content: bytes = b"{}\n") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def in_day(home: Home) -> list[str]:
    folder = home.delivery_folder(DAY)
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_files_come_into_the_folder_of_the_day_as_they_are(home: Home, outbox: Path) -> None:
    large = bytes(range(256)) * 10_000
    files = [written(outbox, "b.jsonl.gz", large), written(outbox, "a.jsonl", b"{}")]
    delivered = deliver(home, files, DAY)
    assert delivered.names == ("b.jsonl.gz", "a.jsonl")
    assert delivered.bytes == len(large) + 2
    assert delivered.was_there == ()
    assert (home.delivery_folder(DAY) / "b.jsonl.gz").read_bytes() == large
    assert in_day(home) == ["a.jsonl", "b.jsonl.gz"]


def test_what_is_delivered_is_readable_by_its_owner_alone(home: Home, outbox: Path) -> None:
    deliver(home, [written(outbox, "a.jsonl")], DAY)
    folder = home.delivery_folder(DAY)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "a.jsonl").stat().st_mode) == 0o600


def test_the_same_file_again_changes_nothing(home: Home, outbox: Path) -> None:
    file = written(outbox, "a.jsonl")
    deliver(home, [file], DAY)
    before = (home.delivery_folder(DAY) / "a.jsonl").stat()
    again = deliver(home, [file], DAY)
    assert again.was_there == again.names == ("a.jsonl",)
    assert again.bytes == 0
    assert (home.delivery_folder(DAY) / "a.jsonl").stat() == before


def test_the_same_name_with_other_content_is_refused(home: Home, outbox: Path) -> None:
    deliver(home, [written(outbox, "a.jsonl", b"old")], DAY)
    with pytest.raises(UsageError, match=r"other content.*another name"):
        deliver(home, [written(outbox, "a.jsonl", b"new")], DAY)
    assert (home.delivery_folder(DAY) / "a.jsonl").read_bytes() == b"old"


def test_the_same_name_on_another_day_is_another_file(home: Home, outbox: Path) -> None:
    deliver(home, [written(outbox, "a.jsonl", b"old")], "2026-11-19")
    deliver(home, [written(outbox, "a.jsonl", b"new")], DAY)
    assert home.delivery_days() == ["2026-11-19", DAY]


@pytest.mark.parametrize(
    "name", ["a.json", "a.csv", "a.jsonl.bz2", "a.JSONL", ".a.jsonl", ".jsonl", "a\n.jsonl"]
)
def test_a_name_that_would_not_be_read_is_refused(home: Home, outbox: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be delivered.*Rename it"):
        deliver(home, [written(outbox, name)], DAY)
    assert in_day(home) == []


def test_a_missing_file_is_named(home: Home, outbox: Path) -> None:
    with pytest.raises(NothingThereError, match=r"nobody\.jsonl"):
        deliver(home, [outbox / "nobody.jsonl"], DAY)


def test_a_file_below_a_file_is_missing(home: Home, outbox: Path) -> None:
    with pytest.raises(NothingThereError):
        deliver(home, [written(outbox, "a.jsonl") / "b.jsonl"], DAY)


def test_a_folder_is_refused(home: Home, outbox: Path) -> None:
    (outbox / "folder.jsonl").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        deliver(home, [outbox / "folder.jsonl"], DAY)


def test_a_pipe_is_refused_without_waiting_for_it(home: Home, outbox: Path) -> None:
    os.mkfifo(outbox / "pipe.jsonl")
    with pytest.raises(UsageError, match="no regular file"):
        deliver(home, [outbox / "pipe.jsonl"], DAY)


def test_a_link_to_a_file_delivers_the_file(home: Home, outbox: Path) -> None:
    (outbox / "link.jsonl").symlink_to(written(outbox, "a.jsonl", b"content"))
    deliver(home, [outbox / "link.jsonl"], DAY)
    target = home.delivery_folder(DAY) / "link.jsonl"
    assert target.read_bytes() == b"content"
    assert not target.is_symlink()


def test_a_link_that_lies_in_the_folder_is_never_opened(home: Home, outbox: Path) -> None:
    file = written(outbox, "a.jsonl", b"content")
    folder = home.delivery_folder(DAY)
    folder.mkdir(parents=True)
    (folder / "a.jsonl").symlink_to(file)
    with pytest.raises(UsageError, match="is there already"):
        deliver(home, [file], DAY)


def test_one_bad_file_keeps_all_from_being_delivered(home: Home, outbox: Path) -> None:
    deliver(home, [written(outbox, "taken.jsonl", b"old")], DAY)
    good = written(outbox, "good.jsonl")
    for bad in ("taken.jsonl", "missing.jsonl", "bad.txt"):
        if bad != "missing.jsonl":
            written(outbox, bad, b"new")
        with pytest.raises((UsageError, NothingThereError)):
            deliver(home, [good, outbox / bad], DAY)
        assert in_day(home) == ["taken.jsonl"]


def test_two_files_of_one_name_are_one_if_they_are_equal(home: Home, tmp_path: Path) -> None:
    files = [written(tmp_path / "x", "a.jsonl"), written(tmp_path / "y", "a.jsonl")]
    assert deliver(home, files, DAY).names == ("a.jsonl",)


def test_two_files_of_one_name_that_differ_are_refused(home: Home, tmp_path: Path) -> None:
    files = [written(tmp_path / "x", "a.jsonl"), written(tmp_path / "y", "a.jsonl", b"other")]
    with pytest.raises(UsageError, match="have one name"):
        deliver(home, files, DAY)
    assert in_day(home) == []


def test_a_day_is_a_date(home: Home, outbox: Path) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        deliver(home, [written(outbox, "a.jsonl")], "20 November")


def test_bytes_are_delivered_under_a_name_once(home: Home) -> None:
    assert deliver_bytes(home, "a.jsonl", b"{}", DAY).bytes == 2
    assert deliver_bytes(home, "a.jsonl", b"{}", DAY).was_there == ("a.jsonl",)
    with pytest.raises(UsageError, match="other content"):
        deliver_bytes(home, "a.jsonl", b"[]", DAY)


def test_a_folder_that_cannot_be_made_is_named(home: Home, outbox: Path) -> None:
    home.folder.mkdir()
    home.deliveries.write_bytes(b"in the way")
    with pytest.raises(StorageError, match="deliveries"):
        deliver(home, [written(outbox, "a.jsonl")], DAY)


def test_of_many_deliveries_under_one_name_at_once_one_wins(home: Home) -> None:
    contents = [f"{number}\n".encode() * 1_000 for number in range(16)]

    def attempt(content: bytes) -> bool:
        try:
            deliver_bytes(home, "a.jsonl", content, DAY)
        except UsageError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        succeeded = list(threads.map(attempt, contents))
    winner = (home.delivery_folder(DAY) / "a.jsonl").read_bytes()
    assert [content for content, done in zip(contents, succeeded, strict=True) if done] == [winner]
