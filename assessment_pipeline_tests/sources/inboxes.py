"""An inbox in memory, for tests of sources: it can be killed while it writes."""

from collections.abc import Iterable

from assessment_pipeline.errors import UsageError


class KilledError(Exception):
    """The process ended here."""


class MemoryInbox:
    """Keeps delivery files and what sources remember; dies when told to."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.memory: dict[str, bytes] = {}
        self.writes_left: int | None = None
        """How many writes there are until it is killed; None for as many as wanted."""

    def names(self, day: str) -> frozenset[str]:
        return frozenset(path[11:] for path in self.files if path.startswith(f"{day}/"))

    def days(self) -> list[str]:
        return sorted({path[:10] for path in self.files})

    def put(self, day: str, name: str, blocks: Iterable[bytes]) -> int:
        content = b"".join(blocks)
        path = f"{day}/{name}"
        if self.files.get(path, content) != content:
            raise UsageError(f"{path} is taken.")
        if path in self.files:
            return 0
        self._count()
        self.files[path] = content
        return len(content)

    def recall(self, key: str) -> bytes | None:
        return self.memory.get(key)

    def remember(self, key: str, content: bytes) -> None:
        self._count()
        self.memory[key] = content

    def lines(self) -> list[bytes]:
        """Return every line of every file, in reading order."""
        return [
            line for _, content in sorted(self.files.items()) for line in content.split(b"\n")[:-1]
        ]

    def _count(self) -> None:
        if self.writes_left == 0:
            raise KilledError
        if self.writes_left is not None:
            self.writes_left -= 1
