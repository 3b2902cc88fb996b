"""The spool: what is accepted is on disk, and becomes a delivery file once."""

import errno
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from assessment_pipeline.errors import StorageError
from assessment_pipeline.services import spool as spools
from assessment_pipeline.services.spool import Spool, deliver_abandoned
from assessment_pipeline.storage.home import Home

DAY = "2026-11-20"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(home: Home, clock: Clock) -> Spool:
    return Spool(home, "UTC", clock)


def delivered(home: Home, day: str = DAY) -> list[bytes]:
    """Return the lines of a day's delivery files, in reading order."""
    files = sorted(home.delivery_folder(day).glob("*.jsonl"))
    return [line for file in files for line in file.read_bytes().split(b"\n")[:-1]]


def spooled(home: Home) -> list[Path]:
    return sorted(home.intake.glob("*/*"))


def die(spool: Spool) -> None:
    """End the process of a spool: its lock goes, its file stays."""
    assert spool._file is not None
    spool._file.close()


def test_what_is_accepted_is_on_disk_and_no_delivery_yet(home: Home, clock: Clock) -> None:
    accepted = opened(home, clock).accept([b"a", b"b"])

    assert (accepted.delivery_date, accepted.new) == (DAY, 2)
    (file,) = spooled(home)
    assert file.read_bytes() == b"a\nb\n"
    assert file.stat().st_mode & 0o077 == 0
    assert delivered(home) == []


def test_it_is_delivered_as_one_file_and_leaves_the_spool(home: Home, clock: Clock) -> None:
    spool = opened(home, clock)
    spool.accept([b"a"])
    spool.accept([b"b"])

    (name,) = spool.deliver()

    assert name.startswith(f"{DAY}/intake-20261120T120000.000001Z-")
    assert delivered(home) == [b"a", b"b"]
    assert spooled(home) == []
    assert spool.deliver() == []


def test_the_same_content_is_taken_once_before_and_after_it_is_delivered(
    home: Home, clock: Clock
) -> None:
    spool = opened(home, clock)
    counts = [spool.accept([b"a", b"a"]).new, spool.accept([b"a"]).new]
    spool.deliver()
    counts.append(spool.accept([b"a", b"b"]).new)
    spool.close()
    counts.append(opened(home, clock).accept([b"a", b"b"]).new)

    assert counts == [1, 0, 1, 0]
    assert delivered(home) == [b"a", b"b"]


def test_the_same_content_around_midnight_is_taken_once(home: Home, clock: Clock) -> None:
    spool = opened(home, clock)
    spool.accept([b"a"])
    clock.now += timedelta(days=1)
    assert spool.accept([b"a"]).new == 0
    assert opened(home, clock).accept([b"a"]).new == 0
    clock.now += timedelta(days=1)
    assert spool.accept([b"a"]).new == 1


def test_a_session_belongs_to_the_day_in_which_it_was_accepted(home: Home, clock: Clock) -> None:
    spool = opened(home, clock)
    spool.accept([b"a"])
    clock.now += timedelta(days=1)
    spool.accept([b"b"])
    spool.deliver()

    assert (delivered(home), delivered(home, "2026-11-21")) == ([b"a"], [b"b"])


def test_files_are_read_in_the_order_they_were_taken(home: Home, clock: Clock) -> None:
    spool = opened(home, clock)
    rows = [b"%d" % number for number in range(12)]
    for row in rows:
        spool.accept([row])
        spool.deliver()
        # As a clock does that is set right.
        clock.now -= timedelta(seconds=1)

    assert delivered(home) == rows


def test_a_full_file_is_delivered_at_once(
    home: Home, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spools, "FULL_BYTES", 4)
    spool = opened(home, clock)
    spool.accept([b"a"])
    assert delivered(home) == []
    spool.accept([b"b"])
    assert delivered(home) == [b"a", b"b"]


def test_what_a_killed_process_left_is_delivered_by_the_next(home: Home, clock: Clock) -> None:
    spool = opened(home, clock)
    spool.accept([b"a", b"b"])
    assert deliver_abandoned(home) == []
    die(spool)
    assert len(deliver_abandoned(home)) == 1

    assert delivered(home) == [b"a", b"b"]
    assert opened(home, clock).accept([b"a"]).new == 0


def test_a_line_that_was_not_written_to_its_end_was_never_acknowledged(
    home: Home, clock: Clock
) -> None:
    spool = opened(home, clock)
    spool.accept([b"a"])
    die(spool)
    (file,) = spooled(home)
    file.write_bytes(file.read_bytes() + b'{"half":')
    (name,) = deliver_abandoned(home)

    assert (home.deliveries / name).read_bytes() == b"a\n"


def test_killed_between_delivering_and_removing_it_is_delivered_once(
    home: Home, clock: Clock
) -> None:
    spool = opened(home, clock)
    spool.accept([b"a"])
    (file,) = spooled(home)
    content = file.read_bytes()
    spool.deliver()
    file.write_bytes(content)

    assert deliver_abandoned(home) == []
    assert delivered(home) == [b"a"]
    assert spooled(home) == []


def test_requests_that_come_together_share_a_sync(
    home: Home, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = opened(home, clock)
    first_syncs, others_wait = Event(), Event()
    syncs = []
    sync = os.fdatasync

    def counted(descriptor: int) -> None:
        syncs.append(descriptor)
        if len(syncs) == 1:
            first_syncs.set()
            assert others_wait.wait(30)
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", counted)
    with ThreadPoolExecutor(9) as threads:
        requests = [threads.submit(spool.accept, [b"0"])]
        assert first_syncs.wait(30)
        requests += [
            threads.submit(spool.accept, [b"%d" % (number // 2)]) for number in range(2, 10)
        ]
        while len(spool._waiting) < 8:
            assert not any(request.done() for request in requests)
        others_wait.set()
        new = [request.result().new for request in requests]

    assert len(syncs) == 2
    assert Counter(new) == {1: 5, 0: 4}
    spool.deliver()
    assert sorted(delivered(home)) == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize("call", ["write", "fdatasync"])
def test_what_could_not_be_written_is_not_acknowledged_and_can_come_again(
    home: Home, clock: Clock, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    spool = opened(home, clock)
    spool.accept([b"a"])
    with monkeypatch.context() as patch:

        def full(*_: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        patch.setattr(os, call, full)
        with pytest.raises(StorageError, match="No space left"):
            spool.accept([b"b"])
    assert spool.accept([b"b"]).new == 1
    spool.deliver()

    assert delivered(home) == [b"a", b"b"]


def test_what_cannot_be_delivered_now_is_delivered_later(
    home: Home, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = opened(home, clock)
    spool.accept([b"a"])
    with monkeypatch.context() as patch:

        def full(*_: object) -> int:
            raise StorageError("full")

        patch.setattr(spools, "deliver_blocks", full)
        with pytest.raises(StorageError):
            spool.deliver()
    spool.accept([b"b"])
    assert len(spool.deliver()) == 2
    assert delivered(home) == [b"a", b"b"]
    assert spooled(home) == []
