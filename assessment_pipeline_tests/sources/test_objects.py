"""Objects are copied once, whole, and never over a file that is there."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from upath import UPath

from assessment_pipeline.errors import StorageError, UsageError
from assessment_pipeline.sources.objects import QUIET_SECONDS, ObjectStore
from assessment_pipeline.sources.port import Fetched
from assessment_pipeline_tests.sources.inboxes import KilledError, MemoryInbox

DAY = "2026-11-20"
LINE = b'{"a":1}\n'


def later() -> datetime:
    """Return a time at which everything of this test has been left alone for long."""
    return datetime.now(UTC) + timedelta(hours=1)


def never() -> bool:
    return False


class Bucket:
    """A folder in memory, or files on disk, and a home to bring it to."""

    def __init__(self, url: str) -> None:
        self.path = UPath(url)
        self.source = ObjectStore(url, later)
        self.inbox = MemoryInbox()

    def write(self, name: str, content: bytes = LINE) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def fetch(self, is_enough: Callable[[], bool] = never) -> Fetched:
        return self.source.fetch(self.inbox, is_enough)


@pytest.fixture(params=["memory", "file"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bucket]:
    place = tmp_path.as_posix()
    yield Bucket(f"{request.param}://{place}/deliveries")
    MemoryFileSystem.store.clear()


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Bucket]:
    yield Bucket(f"memory://{tmp_path.as_posix()}/deliveries")
    MemoryFileSystem.store.clear()


@pytest.fixture
def files(tmp_path: Path) -> Bucket:
    return Bucket(f"file://{tmp_path.as_posix()}/deliveries")


def test_new_objects_come_once_under_their_days_and_names(bucket: Bucket) -> None:
    large = os.urandom(3 << 20)
    for name in (f"{DAY}/b.jsonl.gz", f"{DAY}/a.jsonl", "2026-11-21/a.jsonl.zst"):
        bucket.write(name, large)

    first, second = bucket.fetch(), bucket.fetch()

    assert first.files == [f"{DAY}/a.jsonl", f"{DAY}/b.jsonl.gz", "2026-11-21/a.jsonl.zst"]
    assert first.bytes == 3 * len(large)
    assert set(bucket.inbox.files.values()) == {large}
    assert second == Fetched(bucket.source.name)


def test_a_look_at_what_is_known_reads_no_object(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.write(f"{DAY}/a.jsonl")
    bucket.fetch()
    monkeypatch.setattr(type(bucket.path.fs), "open", None)

    assert bucket.fetch().problems == []


def test_an_object_store_without_objects_is_empty_and_a_folder_that_is_missing_is_named(
    bucket: Bucket,
) -> None:
    if bucket.source.name.startswith("memory:"):
        assert bucket.fetch() == Fetched(bucket.source.name)
        return
    with pytest.raises(StorageError, match="cannot be listed"):
        bucket.fetch()


def test_other_names_are_left_and_misplaced_deliveries_named(bucket: Bucket) -> None:
    for name in (f"{DAY}/_SUCCESS", f"{DAY}/.a.jsonl", "a.jsonl", f"{DAY}/more/a.jsonl"):
        bucket.write(name)
    bucket.write("2026-11-31/a.jsonl")
    bucket.write(f"{DAY}/a\x1b.jsonl")

    fetched = bucket.fetch()

    assert fetched.files == []
    assert len(fetched.problems) == 4
    assert sum("lies in no day's folder" in problem for problem in fetched.problems) == 3
    assert "\x1b" not in "".join(fetched.problems)


def test_an_object_that_changed_since_it_was_copied_is_named_and_not_copied(bucket: Bucket) -> None:
    bucket.write(f"{DAY}/a.jsonl", b"one\n")
    bucket.fetch()
    bucket.write(f"{DAY}/a.jsonl", b"other\n")
    bucket.write(f"{DAY}/b.jsonl")

    looks = [bucket.fetch(), bucket.fetch()]

    for look in looks:
        (problem,) = look.problems
        assert f"deliveries/{DAY}/a.jsonl is not what" in problem
    assert looks[0].files == [f"{DAY}/b.jsonl"]
    assert bucket.inbox.files[f"{DAY}/a.jsonl"] == b"one\n"


def test_an_object_that_changed_within_its_size_is_named(files: Bucket) -> None:
    files.write(f"{DAY}/a.jsonl", b"one\n")
    files.fetch()
    files.write(f"{DAY}/a.jsonl", b"two\n")
    os.utime(Path(files.path.path) / DAY / "a.jsonl", (1, 1))

    assert len(files.fetch().problems) == 1


def test_an_object_with_its_former_content_back_is_fine_again(bucket: Bucket) -> None:
    for content, problems in ((b"one\n", 0), (b"other\n", 1), (b"one\n", 0)):
        bucket.write(f"{DAY}/a.jsonl", content)
        assert len(bucket.fetch().problems) == problems


def test_a_new_time_alone_is_no_change(files: Bucket) -> None:
    files.write(f"{DAY}/a.jsonl")
    files.fetch()
    os.utime(Path(files.path.path) / DAY / "a.jsonl", (1, 1))

    assert files.fetch() == Fetched(files.source.name)


def test_a_name_that_somebody_else_delivered_is_taken(bucket: Bucket) -> None:
    bucket.inbox.files[f"{DAY}/a.jsonl"] = b"of somebody else\n"
    bucket.write(f"{DAY}/a.jsonl")

    assert len(bucket.fetch().problems) == 1
    assert bucket.inbox.files[f"{DAY}/a.jsonl"] == b"of somebody else\n"


def test_a_file_that_was_fetched_and_is_gone_is_named_and_not_brought_again(bucket: Bucket) -> None:
    bucket.write(f"{DAY}/a.jsonl")
    bucket.fetch()
    bucket.inbox.files.clear()
    same = bucket.fetch()
    bucket.write(f"{DAY}/a.jsonl", b"other\n")
    changed = bucket.fetch()

    for fetched in (same, changed):
        (problem,) = fetched.problems
        assert "is gone" in problem
    assert bucket.inbox.files == {}


def test_an_object_that_changes_while_it_is_read_is_left_for_the_next_look(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.write(f"{DAY}/a.jsonl")
    kind = type(bucket.path.fs)
    opened = kind.open

    def opened_meanwhile_grown(self: object, *args: object, **options: object) -> object:
        file = opened(self, *args, **options)
        monkeypatch.undo()
        bucket.write(f"{DAY}/a.jsonl", LINE * 2)
        return file

    monkeypatch.setattr(kind, "open", opened_meanwhile_grown)
    first = bucket.fetch()

    assert (first.files, first.left, first.problems) == ([], 1, [])
    assert bucket.inbox.files == {}
    assert bucket.fetch().files == [f"{DAY}/a.jsonl"]
    assert bucket.inbox.files[f"{DAY}/a.jsonl"] == LINE * 2


def test_an_object_that_vanishes_between_listing_and_reading_is_left(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.write(f"{DAY}/a.jsonl")

    def gone(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(type(bucket.path.fs), "open", gone)
    assert (bucket.fetch().left, bucket.fetch().problems) == (1, [])


def test_a_file_that_was_just_written_may_grow_and_is_left(bucket: Bucket) -> None:
    bucket.write(f"{DAY}/a.jsonl")
    url = str(bucket.path)
    bucket.source = ObjectStore(url, lambda: datetime.now(UTC))
    assert bucket.fetch().left == 1

    quiet = timedelta(seconds=QUIET_SECONDS + 1)
    bucket.source = ObjectStore(url, lambda: datetime.now(UTC) + quiet)
    assert bucket.fetch().files == [f"{DAY}/a.jsonl"]


def test_an_object_with_a_tag_appears_whole_and_need_not_rest(
    memory: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.write(f"{DAY}/a.jsonl")
    memory.source = ObjectStore(str(memory.path), lambda: datetime.now(UTC))
    described = MemoryFileSystem.info
    tags = iter(["1", "1", "2", "2", "2", "2"])

    def tagged(self: MemoryFileSystem, path: str, **options: object) -> dict[str, object]:
        return {**described(self, path, **options), "ETag": next(tags)}

    def listed(self: MemoryFileSystem, root: str, **_: object) -> dict[str, object]:
        path = f"{root}/{DAY}/a.jsonl"
        return {path: tagged(self, path)}

    monkeypatch.setattr(MemoryFileSystem, "info", tagged)
    monkeypatch.setattr(MemoryFileSystem, "find", listed)
    monkeypatch.setattr(MemoryFileSystem, "exists", lambda *_: True)
    # Overwritten in between with as many bytes at the same time: the tag alone tells.
    assert memory.fetch().left == 1
    assert memory.fetch().files == [f"{DAY}/a.jsonl"]


def test_links_and_pipes_are_named_and_never_opened(files: Bucket, tmp_path: Path) -> None:
    folder = tmp_path / "deliveries" / DAY
    folder.mkdir(parents=True)
    (tmp_path / "secret").write_bytes(LINE)
    (folder / "link.jsonl").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "pipe.jsonl")

    fetched = files.fetch()

    assert (fetched.files, len(fetched.problems)) == ([], 2)


def test_one_object_that_cannot_be_read_keeps_no_other_away(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        bucket.write(f"{DAY}/{name}.jsonl")
    kind = type(bucket.path.fs)
    opened = kind.open

    def opened_but_a(self: object, path: str, *args: object) -> object:
        if path.endswith("a.jsonl"):
            raise PermissionError("canary")
        return opened(self, path, *args)

    monkeypatch.setattr(kind, "open", opened_but_a)
    fetched = bucket.fetch()

    assert fetched.files == [f"{DAY}/b.jsonl"]
    assert "PermissionError" in fetched.problems[0]
    assert "canary" not in fetched.problems[0]


def test_a_store_that_lets_nothing_be_read_is_given_up(
    memory: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        memory.write(f"{DAY}/{number}.jsonl")

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(MemoryFileSystem, "open", refused)
    with pytest.raises(StorageError, match="cannot be read"):
        memory.fetch()


def test_whoever_is_killed_at_any_write_brings_the_rest_next_time(memory: Bucket) -> None:
    for number in range(3):
        memory.write(f"{DAY}/{number}.jsonl", b"%d\n" % number)
    # Three files, and what is remembered of them.
    for writes in range(4):
        memory.inbox = MemoryInbox()
        memory.inbox.writes_left = writes
        with pytest.raises(KilledError):
            memory.fetch()
        memory.inbox.writes_left = None
        memory.fetch()
        assert memory.inbox.lines() == [b"0", b"1", b"2"]
        assert memory.fetch() == Fetched(memory.source.name)


def test_a_lost_memory_is_made_anew_by_comparing(bucket: Bucket) -> None:
    bucket.write(f"{DAY}/a.jsonl")
    bucket.fetch()
    for memory in ({}, dict.fromkeys(bucket.inbox.memory, b"no json")):
        bucket.inbox.memory = memory
        assert bucket.fetch() == Fetched(bucket.source.name)
        assert b"a.jsonl" in b"".join(bucket.inbox.memory.values())


def test_enough_is_enough(bucket: Bucket) -> None:
    for name in "abc":
        bucket.write(f"{DAY}/{name}.jsonl")
    answers = iter([False, True, True])

    first = bucket.fetch(lambda: next(answers))

    assert (first.files, first.left) == ([f"{DAY}/a.jsonl"], 2)
    assert len(bucket.fetch().files) == 2


@pytest.mark.parametrize("url", ["", "deliveries", "/srv/deliveries", "C:deliveries"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="ASSESSMENT_PIPELINE_DELIVERY_SOURCE is no URL"):
        ObjectStore(url, later)


def test_a_store_whose_package_is_missing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ImportError(name="s3fs")

    monkeypatch.setattr("fsspec.filesystem", missing)
    monkeypatch.setattr("upath.core.filesystem", missing, raising=False)
    monkeypatch.setattr("upath.core.get_filesystem_class", missing, raising=False)
    with pytest.raises(UsageError, match="needs a package that is not installed"):
        ObjectStore("sftp://scoring:s3cret-canary@host.example/deliveries", later)


def test_who_asks_is_not_shown() -> None:
    with pytest.raises((UsageError, StorageError)) as refused:
        ObjectStore("nonsense://scoring:s3cret-canary@host.example/deliveries", later)
    assert "s3cret-canary" not in str(refused.value)
    assert "host.example" in str(refused.value)
