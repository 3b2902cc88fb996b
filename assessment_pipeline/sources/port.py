"""The port: what a delivery source is, and what it may ask of the home that it brings files to.

Holds protocols and what a fetch reports. The adapters are `objects` and `table`; the home's side,
which writes atomically and durably, is `services.fetch`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol


class LeftForLaterError(Exception):
    """Raised while blocks are given: the file is not to appear, and nothing is wrong."""


class Inbox(Protocol):
    """The home as a source sees it."""

    def names(self, day: str) -> frozenset[str]:
        """Return the names of the delivery files of a day."""
        ...

    def days(self) -> list[str]:
        """Return the days that have a delivery folder."""
        ...

    def put(self, day: str, name: str, blocks: Iterable[bytes]) -> int:
        """Make a delivery file appear, whole and durable; return its bytes, 0 if it was there.

        Whatever the blocks raise keeps it from appearing.

        Raises:
            UsageError: the name is taken by other content, or cannot be a delivery file's.
        """
        ...

    def recall(self, key: str) -> bytes | None:
        """Return what a source remembered, or nothing."""
        ...

    def remember(self, key: str, content: bytes) -> None:
        """Keep what a source wants to know at its next look, durably."""
        ...


@dataclass
class Fetched:
    """What one look at a source brought."""

    source: str
    """The source as it may be shown, without secrets."""
    files: list[str] = field(default_factory=list)
    """What is new in the home: `<day>/<name>`."""
    bytes: int = 0
    left: int = 0
    """How many files or rows were not finished yet, or not reached; the next look takes them."""
    problems: list[str] = field(default_factory=list)
    """What somebody has to mend, a sentence each; everything else was fetched all the same."""

    def add(self, day: str, name: str, size: int) -> None:
        """Count a file, if it is new."""
        if size:
            self.files.append(f"{day}/{name}")
            self.bytes += size


class DeliverySource(Protocol):
    """Something that brings finished delivery sessions into the delivery folder.

    Each comes once, as part of a file that never changes and whose name follows from where it
    came from: whoever is killed in the middle brings the same files again, or finds them there.
    """

    @property
    def name(self) -> str:
        """The source as it may be shown, without secrets."""
        ...

    def fetch(self, inbox: Inbox, is_enough: Callable[[], bool]) -> Fetched:
        """Bring what is new; stop between two files once `is_enough` says so.

        Raises:
            AssessmentPipelineError: the source or the home cannot be used now.
        """
        ...
