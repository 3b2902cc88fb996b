"""A disk that fails on demand, and writes down what is done to it.

The functions of `os` through which the package changes files are replaced by ones that count, for
everything below one folder; so are the commits of SQLAlchemy. The n-th operation, or every one
from the n-th on, then fails, or the process dies of SIGKILL just before it. A write that fails
has written half.
"""

import errno
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy.engine.default import DefaultDialect

# Making room and reading go on when there is no room to write.
_NEEDS_ROOM = frozenset({"create", "write", "mkdir", "commit"})


class Operation(NamedTuple):
    """Something that a process did to its disk; `target` is a rename's new name."""

    verb: str
    path: Path
    target: Path | None = None


@dataclass(frozen=True)
class Fault:
    """What befalls the n-th operation: an error number, or death without one."""

    at: int
    errno: int | None = None
    stays: bool = False

    def befalls(self, number: int, operation: Operation) -> bool:
        """Whether an operation is hit; on a disk that stays full, what needs no room is not."""
        if not self.stays:
            return number == self.at
        is_spared = self.errno == errno.ENOSPC and operation.verb not in _NEEDS_ROOM
        return number >= self.at and not is_spared

    def strike(self, operation: Operation) -> None:
        """Fail as the system, or SQLite, does; or die."""
        if self.errno is None:
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()
        elif operation.verb == "commit":
            raise sqlite3.OperationalError(_SQLITE_SAYS[self.errno])
        else:
            raise OSError(self.errno, os.strerror(self.errno), str(operation.path))


_SQLITE_SAYS = {
    errno.EIO: "disk I/O error",
    errno.ENOSPC: "database or disk is full",
    errno.EROFS: "attempt to write a readonly database",
}


class Disk:
    """The operations on everything below a folder, in their order, and the fault among them."""

    def __init__(self, folder: Path, fault: Fault | None = None) -> None:
        """Watch a folder."""
        self.operations: list[Operation] = []
        self.hits = 0
        self._folder = folder
        self._fault = fault
        self._open_paths: dict[int, Path] = {}

    def is_below(self, path: object) -> bool:
        """Whether an operation on a path is counted."""
        return isinstance(path, str | Path) and Path(path).is_relative_to(self._folder)

    def is_hit_by(self, operation: Operation) -> bool:
        """Write an operation down; return whether it fails."""
        self.operations.append(operation)
        is_hit = self._fault is not None and self._fault.befalls(len(self.operations), operation)
        self.hits += is_hit
        return is_hit

    def perform(self, verb: str, path: object, target: object = None) -> None:
        """Count an operation below the folder, and fail if it is its turn."""
        if not self.is_below(path):
            return
        operation = Operation(verb, Path(str(path)), None if target is None else Path(str(target)))
        if self.is_hit_by(operation) and self._fault is not None:
            self._fault.strike(operation)

    @contextmanager
    def watched(self) -> Iterator["Disk"]:
        """Put itself between the package and the system."""
        with pytest.MonkeyPatch.context() as patch:
            self._watch_names(patch)
            self._watch_descriptors(patch)
            self._watch_commits(patch)
            yield self

    def _watch_names(self, patch: pytest.MonkeyPatch) -> None:
        rename: Callable[..., None] = os.rename
        mkdir: Callable[..., None] = os.mkdir
        unlink: Callable[..., None] = os.unlink

        def renaming(old: object, new: object, **options: object) -> None:
            self.perform("rename", old, new)
            rename(old, new, **options)

        def making(path: object, *mode: object, **options: object) -> None:
            self.perform("mkdir", path)
            mkdir(path, *mode, **options)

        def removing(path: object, **options: object) -> None:
            self.perform("unlink", path)
            unlink(path, **options)

        patch.setattr(os, "rename", renaming)
        patch.setattr(os, "mkdir", making)
        patch.setattr(os, "unlink", removing)

    def _watch_descriptors(self, patch: pytest.MonkeyPatch) -> None:
        write, fsync, close = os.write, os.fsync, os.close
        open_: Callable[..., int] = os.open

        def opening(path: object, flags: int, *mode: object, **options: object) -> int:
            if flags & (os.O_CREAT | os.O_DIRECTORY):
                self.perform("create" if flags & os.O_CREAT else "open folder", path)
            descriptor = open_(path, flags, *mode, **options)
            if self.is_below(path):
                self._open_paths[descriptor] = Path(str(path))
            return descriptor

        def writing(descriptor: int, content: memoryview) -> int:
            path = self._open_paths.get(descriptor)
            if path is not None:
                operation = Operation("write", path)
                if self.is_hit_by(operation) and self._fault is not None:
                    write(descriptor, content[: len(content) // 2])
                    self._fault.strike(operation)
            return write(descriptor, content)

        def syncing(descriptor: int) -> None:
            self.perform("fsync", self._open_paths.get(descriptor))
            fsync(descriptor)

        def closing(descriptor: int) -> None:
            self._open_paths.pop(descriptor, None)
            close(descriptor)

        patch.setattr(os, "open", opening)
        patch.setattr(os, "write", writing)
        patch.setattr(os, "fsync", syncing)
        patch.setattr(os, "close", closing)

    def _watch_commits(self, patch: pytest.MonkeyPatch) -> None:
        commit: Callable[..., None] = DefaultDialect.do_commit

        def committing(dialect: DefaultDialect, connection: object) -> None:
            self.perform("commit", self._folder / "audit" / "ledger.sqlite")
            commit(dialect, connection)

        patch.setattr(DefaultDialect, "do_commit", committing)
