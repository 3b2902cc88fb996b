"""A ledger in a SQLite file: write-ahead log, one writer, and private copies to read from."""

import filecmp
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, flock
from functools import partial
from pathlib import Path
from typing import Final, Self

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    TableValuedAlias,
    cast,
    create_engine,
    event,
    func,
    insert,
    or_,
    text,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from assessment_pipeline.core.hashing import plain_json
from assessment_pipeline.errors import NothingThereError, StorageError
from assessment_pipeline.storage.database import LEDGER_ENTRY, Database, Present
from assessment_pipeline.storage.files import make_folder, naming

_TRIGGERS: Final = {
    "ledger_entry_no_update": """
    CREATE TRIGGER IF NOT EXISTS ledger_entry_no_update BEFORE UPDATE ON ledger_entry
    BEGIN SELECT RAISE(ABORT, 'the audit ledger is append-only: no entry can be changed'); END
    """,
    "ledger_entry_no_delete": """
    CREATE TRIGGER IF NOT EXISTS ledger_entry_no_delete BEFORE DELETE ON ledger_entry
    BEGIN SELECT RAISE(ABORT, 'the audit ledger is append-only: no entry can be deleted'); END
    """,
}
_REVISION: Final = "SELECT version_num FROM alembic_version"

_CACHE_KIB: Final = 65_536
_COPY_ATTEMPTS: Final = 20
_MAPPED_BYTES: Final = 1 << 30
_LOG_HEAD_BYTES: Final = 32

_REMEDIES: Final = (
    ("not a database", "restore it from a backup, or move that file away"),
    ("malformed", "restore it from a backup, and compare its head with your anchor"),
    ("locked", "another process is writing to it; wait until that ends, then run again"),
    ("full", "nothing of this batch was recorded; free some space, then run again"),
    ("readonly", "make the file and its folder writable for this user, then run again"),
    ("unable to open", "make the file and its folder writable for this user, then run again"),
)


class SqliteDatabase(Database):
    """A SQLite file."""

    @classmethod
    def open(cls, path: Path, *, busy_timeout_seconds: float = 60.0) -> Self:
        """Open the file at a path to write to.

        The file and its folder are made when they are not there, readable by their owner alone.
        StorageError if it cannot be opened.
        """
        make_folder(path.parent)
        database = cls(_engine(path, busy_timeout_seconds), str(path))
        try:
            # Held, because a change to WAL by two processes at once fails without waiting.
            with naming(path, "open"), _locked_folder(path.parent) as folder:
                # Only a new file is opened here, see `_copy_by_child`.
                if not path.exists():
                    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                    os.close(os.open(path, flags, 0o600))
                    os.fsync(folder)
                with database.reading():
                    pass
        except StorageError:
            database.close()
            raise
        return database

    @classmethod
    @contextmanager
    def open_copy(cls, path: Path) -> Iterator[Self]:
        """Open a private copy of a file and its write-ahead log, and remove it afterwards.

        Nothing is written where the file lies, so it may be on a read-only volume or in use.
        NothingThereError if there is no such file.
        """
        with tempfile.TemporaryDirectory(prefix="assessment-pipeline-") as folder:
            copy = Path(folder) / path.name
            with naming(path, "read"):
                if not path.exists():
                    raise NothingThereError(
                        f"there is no ledger at {path}: score a day first, or name its home"
                    )
                _copy_at_rest(path.resolve(), copy)
            with cls(_engine(copy, 0.0, is_copy=True), str(path)) as database:
                yield database

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open the transaction of the one writer."""
        locking = self.engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        with self.errors(), locking.begin() as connection:
            yield connection

    def present(self, connection: Connection) -> Present:
        """Return what of the tables is there."""
        query = "SELECT name FROM sqlite_master WHERE type = 'table' OR tbl_name = :table"
        names = set(connection.execute(text(query), {"table": LEDGER_ENTRY.name}).scalars())
        revision = None
        if "alembic_version" in names:
            revision = connection.exec_driver_sql(_REVISION).scalar_one_or_none()
        return Present(LEDGER_ENTRY.name in names, names.issuperset(_TRIGGERS), revision)

    def create_schema(self, connection: Connection) -> None:
        """Do nothing: a file is one."""

    def protect(self, connection: Connection) -> None:
        """Create the triggers, where they are missing."""
        for trigger in _TRIGGERS.values():
            connection.exec_driver_sql(trigger)

    def key_table(self, keys: Iterable[str]) -> TableValuedAlias:
        """Return a table of keys to join with."""
        return func.json_each(plain_json(list(keys)).decode()).table_valued("value", name="wanted")

    def text_table(self, texts: Mapping[str, str]) -> TableValuedAlias:
        """Return a table of texts to join with by their keys."""
        return func.json_each(plain_json(texts).decode()).table_valued(
            "key", "value", name="wanted"
        )

    def lacks(
        self, content: ColumnElement[bytes], value: ColumnElement[str]
    ) -> ColumnElement[bool]:
        """Return whether a text does not stand in a column of bytes."""
        # Where somebody has put a text into the column, nothing stands in it.
        is_text: ColumnElement[bool] = func.typeof(content) != "blob"
        return or_(is_text, func.instr(content, cast(value, LargeBinary)) == 0)

    def insert(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        """Insert entries."""
        # Typed parameters would be processed one by one, which takes as long as inserting them.
        statement = str(insert(LEDGER_ENTRY).compile(dialect=connection.dialect))
        connection.exec_driver_sql(statement, list(rows))

    def damage(self, connection: Connection) -> list[str]:
        """Return what SQLite finds wrong with its pages and indexes."""
        found = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
        return [str(line) for line in found if line != "ok"]

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what SQLite raises into a StorageError."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            cause = str(error.orig) if isinstance(error, DBAPIError) else str(error)
            raise StorageError(_explain(self.where, cause)) from None
        except UnicodeDecodeError:
            # What a damaged schema says of itself is no text.
            cause = "the database disk image is malformed"
            raise StorageError(_explain(self.where, cause)) from None


def _explain(where: str, cause: str) -> str:
    lowered = cause.lower()
    for sign, remedy in _REMEDIES:
        if sign in lowered:
            return f"the ledger {where} failed ({cause}): {remedy}"
    return f"the ledger {where} failed ({cause}): check its volume, then run again"


def _engine(path: Path, busy_timeout_seconds: float, *, is_copy: bool = False) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": busy_timeout_seconds, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        # So that a byte that was changed is named with its entry, and does not end the reading.
        connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
        # Used by large batches alone; their random keys would else spill over and over.
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        if is_copy:
            connection.execute("PRAGMA query_only = ON")
            # Nobody else changes the copy, so that its pages need not be copied once more.
            connection.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
            return
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # INSERT OR REPLACE deletes too, and fires the trigger against it only with this.
        connection.execute("PRAGMA recursive_triggers = ON")

    # The sqlite3 module begins no transaction by itself here (isolation_level None), so that
    # the one writer can begin with the lock instead of failing on its way to it.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))

    return engine


@contextmanager
def _locked_folder(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        flock(descriptor, LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _copy_at_rest(path: Path, copy: Path) -> None:
    """Copy a database and its log as they were at one moment, though others may be writing.

    The file itself changes in a checkpoint alone, and the head of the log when it begins anew.
    If both are the same after the log was copied, file and log belong together, whatever was
    appended to the log meanwhile.
    """
    log, log_copy = (file.with_name(file.name + "-wal") for file in (path, copy))
    again = copy.with_name(copy.name + "-again")
    for _ in range(_COPY_ATTEMPTS):
        _copy_by_child(path, copy)
        log_copy.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            shutil.copyfile(log, log_copy)
        _copy_by_child(path, again)
        if _log_head(log) == _log_head(log_copy) and filecmp.cmp(copy, again, shallow=False):
            again.unlink()
            return
    raise StorageError(f"{path} is being written to all the time: try again when less is going on")


def _copy_by_child(path: Path, copy: Path) -> None:
    # Closing a database file releases the locks that this process's own connections hold on it
    # (POSIX), and another process would then take their log away; so it is not opened here.
    program = shutil.which("cp") or "cp"
    copied = subprocess.run([program, "--", path, copy], capture_output=True, check=False)  # noqa: S603
    if copied.returncode != 0:
        cause = copied.stderr.decode(errors="replace").strip()
        raise StorageError(f"{path} must be copied to be read, and cannot be: {cause}")


def _log_head(log: Path) -> bytes:
    try:
        with log.open("rb") as file:
            return file.read(_LOG_HEAD_BYTES)
    except FileNotFoundError:
        return b""
