"""Folders outside: where copies of what the home holds may be written to, and names may lie."""

from pathlib import Path

from assessment_pipeline.errors import UsageError
from assessment_pipeline.storage.files import naming
from assessment_pipeline.storage.home import Home


def path_outside(home: Home, path: Path, remedy: str = "choose a place outside of it") -> Path:
    """Return where a path leads, links followed; UsageError with the remedy if into the home."""
    with naming(path, "use"):
        target = path.resolve()
    if target.is_relative_to(home.folder.resolve()):
        raise UsageError(f"{path} lies in the home {home.folder}; {remedy}.")
    return target


def folder_outside(home: Home, to: Path) -> Path:
    """Return the folder to write to; UsageError if it lies in the home, or is a file."""
    target = path_outside(home, to)
    if target.exists() and not target.is_dir():
        raise UsageError(f"{to} is not a folder; name one for the files to be written to.")
    return target
