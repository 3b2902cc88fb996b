"""Deliver: put files into the delivery folder of a day, each whole or not at all.

What is in the files is not looked at: that is `capture`, which quarantines what it cannot take.
A file that is there already stays as it is; other content under its name is refused, since a
captured delivery must never change.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Final

from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.errors import UsageError
from assessment_pipeline.services.given_files import require_file
from assessment_pipeline.storage.files import (
    DurableFile,
    StoredBytes,
    blocks_of,
    hash_file,
    make_folder,
    naming,
    write_durably,
)
from assessment_pipeline.storage.home import Home, parse_day

SUFFIXES: Final = (".jsonl", ".jsonl.gz", ".jsonl.zst")


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a delivery did."""

    names: tuple[str, ...]
    """The files that are in the day's folder now, in the order they were given."""
    bytes: int
    """How much was written."""
    was_there: tuple[str, ...]
    """Those of them that were there before, with the same bytes."""


def deliver(home: Home, files: Sequence[Path], day: str) -> Delivered:
    """Copy files into the delivery folder of a day; all are checked before the first is copied.

    Raises:
        NothingThereError: a file does not exist.
        UsageError: a file or its name cannot be delivered, or its name is taken.
    """
    folder = home.delivery_folder(parse_day(day))
    for path in files:
        _require_name(path.name)
        require_file(path)
    named = _by_name(files)
    with _held(folder):
        was_there = tuple(name for name, path in named.items() if _is_there(folder / name, path))
        new = [name for name in named if name not in was_there]
        written = sum(_copy(named[name], folder / name) for name in new)
    return Delivered(tuple(named), written, was_there)


def deliver_bytes(home: Home, name: str, content: bytes, day: str) -> Delivered:
    """Put bytes into the delivery folder of a day under a name.

    Raises:
        UsageError: the name cannot be delivered, or is taken by other content.
    """
    _require_name(name)
    path = home.delivery_folder(parse_day(day)) / name
    with _held(path.parent):
        if _holds(path, StoredBytes(hash_bytes(content), len(content))):
            return Delivered((name,), 0, (name,))
        write_durably(path, content)
    return Delivered((name,), len(content), ())


def deliver_blocks(home: Home, name: str, blocks: Iterable[bytes], day: str) -> int:
    """Put a stream into the delivery folder of a day; return its bytes, 0 if it was there.

    Whatever the stream raises keeps the file from appearing.

    Raises:
        UsageError: the name cannot be delivered, or is taken by other content.
    """
    _require_name(name)
    path = home.delivery_folder(parse_day(day)) / name
    with DurableFile(path.parent) as file:
        for block in blocks:
            file.write(block)
        with _held(path.parent):
            return 0 if _holds(path, file.stored) else file.publish(path).bytes


def _require_name(name: str) -> None:
    if not name.endswith(SUFFIXES):
        raise UsageError(
            f"{name!r} cannot be delivered: the names of delivery files end in "
            f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}. Rename it after what it is."
        )
    if name.startswith("."):
        raise UsageError(
            f"{name!r} cannot be delivered: files whose names begin with a dot are hidden and "
            "are not read. Rename it."
        )
    if not name.isprintable():
        raise UsageError(
            f"{name!r} cannot be delivered: its name holds characters that do not print. Rename it."
        )


def _by_name(files: Sequence[Path]) -> dict[str, Path]:
    """Return the files by the name they will have; one that is given twice is there once."""
    named: dict[str, Path] = {}
    for path in files:
        first = named.setdefault(path.name, path)
        if first is not path and hash_file(first) != hash_file(path):
            raise UsageError(f"{first} and {path} have one name and differ: rename one of them.")
    return named


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Keep other deliveries to the same day waiting, so that none takes a name just looked at."""
    make_folder(folder)
    with naming(folder, "open"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with naming(folder, "lock"):
            flock(descriptor, LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_there(target: Path, source: Path) -> bool:
    return os.path.lexists(target) and _holds(target, hash_file(source))


def _holds(target: Path, wanted: StoredBytes) -> bool:
    """Whether a name is taken by these bytes; refuse if it is taken by anything else."""
    if not os.path.lexists(target):
        return False
    is_file = target.is_file() and not target.is_symlink()
    if is_file and hash_file(target) == wanted:
        return True
    raise UsageError(
        f"{target} is there already with other content, and deliveries never change: "
        "give the new file another name."
    )


def _copy(source: Path, target: Path) -> int:
    with DurableFile(target.parent) as file:
        for block in blocks_of(source):
            file.write(block)
        return file.publish(target).bytes
