"""Given files: what a person names on the command line, looked at before anything is done with it.

Holds no knowledge of what is in them.
"""

import stat
from pathlib import Path

from assessment_pipeline.errors import NothingThereError, UsageError
from assessment_pipeline.storage.files import naming, read_file


def require_file(path: Path) -> None:
    """See that a path leads to a regular file; a link to one is as good.

    Raises:
        NothingThereError: nothing is there.
        UsageError: it is a folder, or something that cannot be read twice.
    """
    with naming(path, "read"):
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            raise NothingThereError(f"There is no file {path}; check its name.") from None
    if stat.S_ISDIR(mode):
        raise UsageError(f"{path} is a folder: name the files in it.")
    if not stat.S_ISREG(mode):
        raise UsageError(f"{path} is no regular file: save what it gives to a file first.")


def read_given(path: Path) -> bytes:
    """Return the bytes of a file that a person named."""
    require_file(path)
    return read_file(path)
