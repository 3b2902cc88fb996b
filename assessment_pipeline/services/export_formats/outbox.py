"""An outbox: files on their way to a folder, which appear there only when all are written.

Knows nothing of what the files hold, but for how they are described.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from assessment_pipeline.core.data_package import Described
from assessment_pipeline.core.exports import ExportedFile
from assessment_pipeline.storage.files import DurableFile


class OutgoingFile:
    """One file of an outbox."""

    def __init__(self, file: DurableFile, described: Described) -> None:
        """Write to a durable file."""
        self.file = file
        self.described = described
        self.rows = 0
        """How many rows it holds below its header."""

    def write(self, content: bytes) -> None:
        """Add bytes that are not counted as rows."""
        self.file.write(content)

    def write_row(self, content: bytes) -> None:
        """Add the bytes of one row."""
        self.file.write(content)
        self.rows += 1

    @property
    def exported(self) -> ExportedFile:
        """What has been written so far."""
        stored = self.file.stored
        return ExportedFile(stored.bytes, self.rows, stored.sha256)


class Outbox:
    """The files of one export; leaving the `with` block unpublished removes what was written."""

    def __init__(self, folder: Path) -> None:
        """Write to a folder, which need not exist yet."""
        self.folder = folder
        self._files: dict[str, OutgoingFile] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what was not published."""
        self._stack.__exit__(kind, error, trace)

    def add(self, name: str, described: Described) -> OutgoingFile:
        """Begin a file."""
        file = OutgoingFile(self._stack.enter_context(DurableFile(self.folder)), described)
        self._files[name] = file
        return file

    @property
    def described(self) -> Mapping[str, tuple[Described, ExportedFile]]:
        """Every file, what it is and what was written."""
        return {name: (file.described, file.exported) for name, file in self._files.items()}

    def publish(self) -> None:
        """Let all files appear under their names, in the order in which they were begun."""
        for name, file in self._files.items():
            file.file.publish(self.folder / name)
