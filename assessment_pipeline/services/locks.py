"""Locks between processes: one at a time works on a day, asks the sources, or opens Dagster.

A lock is an advisory one of the operating system on an empty file of the home; it ends with
its process, however that ends, so nothing has to be cleaned up after a kill. It keeps the work of
several runs on one day from being done twice; that their results are right does not depend on
it, since every write is atomic and idempotent.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from assessment_pipeline.storage.files import make_folder, naming
from assessment_pipeline.storage.home import Home


def say_nothing(*_: object) -> None:
    """Wait in silence."""


@contextmanager
def step_lock(home: Home, partition: str) -> Iterator[None]:
    """Hold a day while one step writes; another step on the same day waits."""
    with _locked(home.current / f".lock-{partition}", say_nothing):
        yield


@contextmanager
def score_lock(
    home: Home, partition: str, on_wait: Callable[[], None] = say_nothing
) -> Iterator[None]:
    """Hold a day while a whole `score` runs; `on_wait` is called if another one has it."""
    with _locked(home.current / f".lock-score-{partition}", on_wait):
        yield


@contextmanager
def fetch_lock(home: Home, on_wait: Callable[[], None] = say_nothing) -> Iterator[None]:
    """Hold the sources while one fetch asks them; what `on_wait` raises ends the wait."""
    with _locked(home.sources / ".lock", on_wait):
        yield


@contextmanager
def instance_lock(home: Home) -> Iterator[None]:
    """Hold the home's Dagster instance while its storage is opened, and made the first time."""
    with _locked(home.current / ".lock-instance", say_nothing):
        yield


@contextmanager
def _locked(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    make_folder(path.parent)
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    with naming(path, "lock"):
        descriptor = os.open(path, flags, 0o600)
    try:
        with naming(path, "lock"):
            try:
                flock(descriptor, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                on_wait()
                flock(descriptor, LOCK_EX)
        yield
    finally:
        os.close(descriptor)
