"""Where a ledger of a test lies, how it is opened there, and how somebody tampers with it."""

import os
import sqlite3
import subprocess
import sys
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg

from assessment_pipeline.core.ledger import Anchor, Head
from assessment_pipeline.core.ledger_events import Event
from assessment_pipeline.storage.ledger import Appended, Ledger
from assessment_pipeline_tests.core.ledger_builders import ACTOR, RECORDED_AT, score_run

ROOT = Path(__file__).parents[2]


def append(ledger: Ledger, *events: Event) -> Appended:
    """Append events in the name of the tests."""
    return ledger.append(events, recorded_at=RECORDED_AT, run_id="run-1", actor=ACTOR)


class LedgerPlace(ABC):
    """A place for a ledger in one database system."""

    @abstractmethod
    def open(self, *, timezone: str = "Europe/Berlin") -> Ledger:
        """Open the ledger to append to."""

    @abstractmethod
    def read(self) -> AbstractContextManager[Ledger]:
        """Open the ledger to read."""

    @abstractmethod
    def tamper(self, *statements: str) -> None:
        """Change the ledger as somebody would who owns the database."""

    @abstractmethod
    def remove_unique_index(self) -> None:
        """Let keys come twice."""

    @abstractmethod
    def blob(self, digits: str) -> str:
        """Return bytes, given in hexadecimal digits, as SQL writes them."""

    @abstractmethod
    def stored(self) -> bytes:
        """Return all that is stored, as somebody finds it who looks for names in it."""

    @abstractmethod
    def start_appender(self, writer: int, appends: int) -> "subprocess.Popen[bytes]":
        """Start a process that appends."""

    def change(self, assignment: str, seq: int) -> None:
        """Set a column of one entry to something else."""
        self.tamper(f"UPDATE ledger_entry SET {assignment} WHERE seq = {seq}")  # noqa: S608

    def write_some(self, count: int = 9) -> Anchor:
        """Make a ledger of its first entry and some score runs, and return its anchor."""
        with self.open() as ledger:
            append(ledger, *map(score_run, range(1, count + 1)))
            return ledger.anchor()

    def named(self, anchor: Anchor | None = None) -> set[int]:
        """Return the entries that verification finds something wrong with."""
        with self.read() as ledger:
            return {problem.seq for problem in ledger.verify(anchor)}

    def named_since(self, anchor: Anchor) -> set[int]:
        """Return the entries that verification since an anchor finds something wrong with."""
        with self.read() as ledger:
            return {problem.seq for problem in ledger.verify_since(anchor)}

    def named_after(self, seq: int, anchor: Anchor | None = None) -> set[int]:
        """Return the entries that verification after a position finds something wrong with."""
        with self.read() as ledger:
            known = Head(seq, ledger.hash_at(seq) or b"")
            return {problem.seq for problem in ledger.verify_tail(known, anchor)}


class SqlitePlace(LedgerPlace):
    """A SQLite file."""

    def __init__(self, path: Path) -> None:
        """Use a path, where there need be nothing yet."""
        self.path = path

    def open(self, *, timezone: str = "Europe/Berlin") -> Ledger:
        """Open the ledger to append to."""
        return Ledger.open(self.path, timezone=timezone, recorded_at=RECORDED_AT, actor=ACTOR)

    def read(self) -> AbstractContextManager[Ledger]:
        """Open a private copy of the ledger."""
        return Ledger.read(self.path)

    def tamper(self, *statements: str) -> None:
        """Change the file."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        for name in ("update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS ledger_entry_no_{name}")
        for statement in statements:
            connection.execute(statement)
        connection.close()

    def remove_unique_index(self) -> None:
        """Make the table anew, without its indexes."""
        self.tamper(
            "CREATE TABLE other AS SELECT * FROM ledger_entry",
            "DROP TABLE ledger_entry",
            "ALTER TABLE other RENAME TO ledger_entry",
        )

    def blob(self, digits: str) -> str:
        """Return bytes as SQLite writes them."""
        return f"x'{digits}'"

    def stored(self) -> bytes:
        """Return the bytes of all files."""
        return b"".join(file.read_bytes() for file in self.path.parent.iterdir())

    def start_appender(self, writer: int, appends: int) -> "subprocess.Popen[bytes]":
        """Start a process that appends to the file."""
        return _start_appender(writer, appends, LEDGER_PATH=str(self.path))


class PostgresPlace(LedgerPlace):
    """A Postgres database."""

    def __init__(self, url: str) -> None:
        """Use the database of a URL."""
        self.url = url

    def open(self, *, timezone: str = "Europe/Berlin") -> Ledger:
        """Open the ledger to append to."""
        return Ledger.open(
            Path("/nowhere"),
            url=self.url,
            timezone=timezone,
            recorded_at=RECORDED_AT,
            actor=ACTOR,
        )

    def read(self) -> AbstractContextManager[Ledger]:
        """Open a snapshot of the ledger."""
        return Ledger.read(Path("/nowhere"), url=self.url)

    def tamper(self, *statements: str) -> None:
        """Change the table as its owner."""
        trigger = "ledger_entry_append_only ON assessment_pipeline.ledger_entry"
        with psycopg.connect(self.url, options="-c search_path=assessment_pipeline") as connection:
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}".encode())
            for statement in statements:
                connection.execute(statement.encode())

    def remove_unique_index(self) -> None:
        """Remove the constraint that has the index."""
        self.tamper("ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_dedup_key_key")

    def blob(self, digits: str) -> str:
        """Return bytes as Postgres writes them."""
        return f"'\\x{digits}'::bytea"

    def stored(self) -> bytes:
        """Return every row, its bytes as text."""
        rows = (
            "SELECT concat_ws(' ', event_type, subject, dedup_key, convert_from(body, 'UTF8')) "
            "FROM assessment_pipeline.ledger_entry"
        )
        with psycopg.connect(self.url) as connection:
            return "\n".join(row[0] for row in connection.execute(rows)).encode()

    def start_appender(self, writer: int, appends: int) -> "subprocess.Popen[bytes]":
        """Start a process that appends to the table."""
        return _start_appender(writer, appends, LEDGER_URL=self.url)


def _start_appender(writer: int, appends: int, **where: str) -> "subprocess.Popen[bytes]":
    program = [sys.executable, "-m", "assessment_pipeline_tests.storage.ledger_appender"]
    command = [*program, str(writer), str(appends)]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **where})
