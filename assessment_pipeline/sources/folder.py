"""One day's delivery folder: which of its names are delivery files, in the order they are read."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assessment_pipeline.errors import StorageError

DELIVERY_SUFFIXES: Final = (".jsonl", ".jsonl.gz", ".jsonl.zst")
# What an atomic delivery leaves in the folder while it is under way.
_TEMPORARY_SUFFIX: Final = ".tmp"


@dataclass(frozen=True, slots=True)
class DayFolder:
    """A day's delivery folder as it was listed."""

    path: Path
    files: tuple[str, ...]
    """Names of delivery files, in code-point order; whatever bears such a name is one."""
    unread: tuple[str, ...]
    """Other names, in code-point order, in printable form: named by a check, not read."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where the delivery files are, in reading order."""
        return tuple(self.path / name for name in self.files)


def delivery_files(folder: Path) -> DayFolder:
    """List a day's delivery folder; one that does not exist is empty.

    Raises:
        StorageError: it is a link, is no folder, or cannot be read.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        # Listed through the descriptor: what was checked is what is listed.
        descriptor = os.open(folder, flags)
    except FileNotFoundError:
        return DayFolder(folder, (), ())
    except OSError as error:
        raise StorageError(_refusal(folder, error)) from None
    try:
        with os.scandir(descriptor) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError as error:
        raise StorageError(_refusal(folder, error)) from None
    finally:
        os.close(descriptor)
    files = tuple(name for name in names if _is_delivery_file(name))
    unread = tuple(
        _printable(name) for name in names if not (_is_delivery_file(name) or _is_temporary(name))
    )
    return DayFolder(folder, files, unread)


def _is_delivery_file(name: str) -> bool:
    # A name that cannot be shown or stored as text could not be named in a quarantine record.
    return name.endswith(DELIVERY_SUFFIXES) and not name.startswith(".") and name.isprintable()


def _is_temporary(name: str) -> bool:
    return name.startswith(".") and name.endswith(_TEMPORARY_SUFFIX)


def _printable(name: str) -> str:
    return name if name.isprintable() else name.encode("unicode_escape").decode("ascii")


def _refusal(folder: Path, error: OSError) -> str:
    try:
        mode = folder.lstat().st_mode
    except OSError:
        mode = 0
    if stat.S_ISLNK(mode):
        return f"The delivery folder {folder} is a link; put a folder of the home in its place."
    if mode and not stat.S_ISDIR(mode):
        return f"{folder} is no folder; put the day's delivery files in a folder of this name."
    reason = error.strerror or type(error).__name__
    return f"Cannot read the delivery folder {folder}: {reason}. Mend that and run again."
