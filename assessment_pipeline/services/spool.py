"""The spool: where sessions that are pushed lie, on disk, before they are a delivery file.

A delivery file never changes, and a file for each session would be too many. So what comes in is
appended to `intake/<D>/<name>.jsonl` and synced, which is when it may be acknowledged; from time
to time that file is closed and delivered as `deliveries/<D>/intake-<name>.jsonl`, then removed.
Whoever is killed in between leaves a file that the next one delivers under the same name with the
same bytes: each session once. A writer holds a lock on its file, which ends with it, so that
nobody delivers what is still being written.

Only canonical lines come here; HTTP is `intake`, validation `core.reading`.
"""

import os
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fcntl import LOCK_EX, LOCK_NB, flock
from hashlib import sha256
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from assessment_pipeline.core.instants import is_day
from assessment_pipeline.errors import AssessmentPipelineError
from assessment_pipeline.services.deliver import deliver_blocks
from assessment_pipeline.storage.files import TEMPORARY_SUFFIX, blocks_of, make_folder, naming
from assessment_pipeline.storage.home import Home

# A spool file is delivered at this size, however young it is.
FULL_BYTES: Final = 64 << 20

_PREFIX: Final = "intake-"
_FLAGS: Final = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a request's sessions once they are on disk."""

    delivery_date: str
    new: int
    """How many were not there before."""


@dataclass
class _Request:
    """Sessions of one request that wait to be written."""

    sessions: Sequence[tuple[bytes, bytes]]
    """A digest, and the canonical line with its LF."""
    outcome: "Future[Accepted]" = field(default_factory=Future)


class Spool:
    """The spool file of one process; safe to use from many threads."""

    def __init__(self, home: Home, timezone: str, clock: Callable[[], datetime]) -> None:
        """Begin with what was accepted yesterday and today, and deliver what was left behind."""
        self._home = home
        self._zone = ZoneInfo(timezone)
        self._clock = clock
        self._queue = threading.Lock()
        self._waiting: list[_Request] = []
        # Held by whoever writes or delivers.
        self._writing = threading.Lock()
        self._file: _SpoolFile | None = None
        self._begun = clock()
        self._undelivered: list[_SpoolFile] = []
        deliver_abandoned(home)
        self._day = ""
        self._seen: dict[str, set[bytes]] = {}
        self._turn_to(self._today())

    def accept(self, lines: Iterable[bytes]) -> Accepted:
        """Write canonical lines durably, those that are not there yet; return when they are.

        Requests that come while another is being written are written together, with one sync.

        Raises:
            StorageError: they could not be written, and none of them may be acknowledged.
        """
        sessions = [(sha256(line).digest(), line + b"\n") for line in lines]
        request = _Request(sessions)
        with self._queue:
            self._waiting.append(request)
        with self._writing:
            if not request.outcome.done():
                with self._queue:
                    requests, self._waiting = self._waiting, []
                self._write(requests)
        return request.outcome.result()

    def deliver(self) -> list[str]:
        """Deliver what lies in the spool; return the new delivery files, `<day>/<name>`.

        Raises:
            StorageError: that failed; nothing is lost, and the next call tries again.
        """
        with self._writing:
            return self._deliver()

    def close(self) -> list[str]:
        """Deliver what lies in the spool, at the end."""
        return self.deliver()

    def _today(self) -> str:
        return self._clock().astimezone(self._zone).date().isoformat()

    def _write(self, requests: Sequence[_Request]) -> None:
        """Write the new sessions of requests with one sync, and tell each what became of it."""
        try:
            day = self._today()
            if day != self._day:
                self._turn_to(day)
            fresh: dict[bytes, bytes] = {}
            counts = []
            for request in requests:
                new = {
                    digest: line
                    for digest, line in request.sessions
                    if digest not in fresh
                    and not any(digest in seen for seen in self._seen.values())
                }
                fresh.update(new)
                counts.append(len(new))
            if fresh:
                self._append(day, b"".join(fresh.values()))
                self._seen[day] |= fresh.keys()
        except Exception as error:  # noqa: BLE001 - each waiting request is told
            for request in requests:
                request.outcome.set_exception(error)
            return
        for request, new_sessions in zip(requests, counts, strict=True):
            request.outcome.set_result(Accepted(day, new_sessions))
        if self._file is not None and self._file.bytes >= FULL_BYTES:
            # What is acknowledged is on disk; if it cannot be delivered now, it is later.
            with suppress(AssessmentPipelineError):
                self._deliver()

    def _append(self, day: str, content: bytes) -> None:
        if self._file is None:
            # A clock that is set back does not change the order in which files are read.
            self._begun = max(self._clock(), self._begun + timedelta(microseconds=1))
            self._file = _SpoolFile(self._home.intake / day, self._begun)
        try:
            self._file.append(content)
        except BaseException:
            # Whether a failed sync has written is unknown: what follows goes to another file.
            self._undelivered.append(self._file)
            self._file = None
            raise

    def _turn_to(self, day: str) -> None:
        """Begin a day: what lies in the spool belongs to the one before."""
        if self._file is not None:
            self._undelivered.append(self._file)
            self._file = None
        yesterday = _day_before(day)
        self._seen = {
            each: self._seen.get(each) or _accepted_on(self._home, each)
            for each in (yesterday, day)
        }
        self._day = day

    def _deliver(self) -> list[str]:
        if self._file is not None:
            self._undelivered.append(self._file)
            self._file = None
        names = []
        while self._undelivered:
            name = _deliver_file(self._home, self._undelivered[0].path)
            names += [name] if name else []
            self._undelivered.pop(0).close()
        return names


class _SpoolFile:
    """One file of the spool, locked by this process."""

    def __init__(self, folder: Path, now: datetime) -> None:
        make_folder(folder)
        # Names in the order of time: of two records of one session, the first one stands.
        stem = f"{now:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}"
        self.path = folder / f"{stem}.jsonl"
        self.bytes = 0
        temporary = folder / f".{stem}{TEMPORARY_SUFFIX}"
        with naming(self.path, "write"):
            self._descriptor = os.open(temporary, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
            # Locked before it has its name: nobody can take it for one that was left behind.
            flock(self._descriptor, LOCK_EX | LOCK_NB)
            temporary.rename(self.path)
            _sync(folder)

    def append(self, content: bytes) -> None:
        """Add lines, on disk; after a failure the file ends with a whole line, if that can be."""
        view = memoryview(content)
        with naming(self.path, "write"):
            try:
                while view:
                    view = view[os.write(self._descriptor, view) :]
                os.fdatasync(self._descriptor)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._descriptor, self.bytes)
                raise
        self.bytes += len(content)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def deliver_abandoned(home: Home) -> list[str]:
    """Deliver the spool files whose writer is gone; return the new delivery files."""
    delivered = []
    for path in sorted(home.intake.glob("*/*.jsonl")):
        if not is_day(path.parent.name):
            continue
        try:
            descriptor = os.open(path, _FLAGS)
        except OSError:
            # Another process has just delivered it.
            continue
        try:
            flock(descriptor, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            continue
        else:
            name = _deliver_file(home, path)
            delivered += [name] if name else []
        finally:
            os.close(descriptor)
    return delivered


def _deliver_file(home: Home, path: Path) -> str | None:
    """Make a spool file a delivery file, then remove it; return its name if it holds anything."""
    if not path.exists():
        return None
    name, day = f"{_PREFIX}{path.name}", path.parent.name
    is_there = (home.delivery_folder(day) / name).exists()
    lines = _whole_lines(path)
    first = next(lines, None)
    if first is not None:
        deliver_blocks(home, name, (block for part in ([first], lines) for block in part), day)
    with naming(path, "remove"):
        path.unlink(missing_ok=True)
        _sync(path.parent)
    return None if first is None or is_there else f"{day}/{name}"


def _whole_lines(path: Path) -> Iterator[bytes]:
    """Yield a file up to its last LF: what comes after it was never acknowledged."""
    rest = b""
    for block in blocks_of(path):
        whole, end, unfinished = block.rpartition(b"\n")
        if end:
            yield rest + whole + end
            rest = b""
        rest += unfinished


def _accepted_on(home: Home, day: str) -> set[bytes]:
    """Return the digests of all sessions of a day that an intake delivered or has in its spool."""
    files = [
        *home.delivery_folder(day).glob(f"{_PREFIX}*.jsonl"),
        *(home.intake / day).glob("*.jsonl"),
    ]
    return {
        sha256(line).digest()
        for path in files
        for block in _whole_lines(path)
        for line in block[:-1].split(b"\n")
    }


def _day_before(day: str) -> str:
    return (datetime.fromisoformat(day) - timedelta(days=1)).date().isoformat()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
