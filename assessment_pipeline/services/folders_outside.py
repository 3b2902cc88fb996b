"""Folders outside: where copies of what the home holds may be written to."""

from pathlib import Path

from assessment_pipeline.errors import UsageError
from assessment_pipeline.storage.files import naming
from assessment_pipeline.storage.home import Home


def folder_outside(home: Home, to: Path) -> Path:
    """Return the folder to write to; UsageError if it lies in the home, or is a file."""
    with naming(to, "use"):
        target = to.resolve()
    if target.is_relative_to(home.folder.resolve()):
        raise UsageError(f"{to} lies in the home {home.folder}; choose a folder outside of it.")
    if target.exists() and not target.is_dir():
        raise UsageError(f"{to} is not a folder; name one for the files to be written to.")
    return target
