"""The database: the ledger's table, and engines for where it lies.

What differs between database systems is here and nowhere else: opening (`open_engine`,
`open_readonly_copy`), triggers (`create_tables`), the transaction of the one writer (`writing`),
a table of keys to look up (`key_table`), the insertion of many rows (`insert_rows`) and what a
database finds wrong with itself (`damage`). What entries mean is `core.ledger`.
"""

import filecmp
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, flock
from pathlib import Path

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    TableValuedAlias,
    Text,
    create_engine,
    event,
    func,
    insert,
    inspect,
    text,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from assessment_pipeline.errors import NothingThereError, StorageError, UsageError
from assessment_pipeline.storage.files import make_folder, naming

METADATA = MetaData()

# A range over the unique dedup_key finds one event type, since each key starts with it: that
# saves an index, and needs the order of code points, which Postgres has under "C" alone.
LEDGER_ENTRY = Table(
    "ledger_entry",
    METADATA,
    Column(
        "seq",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("prev_hash", LargeBinary(32), nullable=False, unique=True),
    Column("entry_hash", LargeBinary(32), nullable=False, unique=True),
    Column(
        "dedup_key",
        Text().with_variant(Text(collation="C"), "postgresql"),
        nullable=False,
        unique=True,
    ),
    Column("event_type", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)

_TRIGGERS = (
    """
    CREATE TRIGGER IF NOT EXISTS ledger_entry_no_update BEFORE UPDATE ON ledger_entry
    BEGIN SELECT RAISE(ABORT, 'the audit ledger is append-only: no entry can be changed'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS ledger_entry_no_delete BEFORE DELETE ON ledger_entry
    BEGIN SELECT RAISE(ABORT, 'the audit ledger is append-only: no entry can be deleted'); END
    """,
)

_CACHE_KIB = 65_536
_COPY_ATTEMPTS = 20
_LOG_HEAD_BYTES = 32


def open_engine(url: str | None, path: Path, *, busy_timeout_seconds: float = 60.0) -> Engine:
    """Return an engine on the database of a URL, or without one on the SQLite file at a path.

    The file and its folder are made when they are not there, readable by their owner alone.
    StorageError if it cannot be opened.
    """
    if url is not None:
        raise UsageError(
            f"a ledger in {url.partition(':')[0]} is not supported by this release: "
            "unset ASSESSMENT_PIPELINE_DATABASE_URL to keep it in the home's SQLite file"
        )
    make_folder(path.parent)
    engine = _sqlite_engine(path, busy_timeout_seconds)
    try:
        # Held, because a change to WAL by two processes at once fails without waiting.
        with naming(path, "open"), _locked_folder(path.parent) as folder:
            # Only a new file is opened here, see `_copy_by_child`.
            if not path.exists():
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
                os.fsync(folder)
            with database_errors(str(path)), engine.connect():
                pass
    except StorageError:
        engine.dispose()
        raise
    return engine


@contextmanager
def open_readonly_copy(path: Path) -> Iterator[Engine]:
    """Open a private copy of a SQLite file and its write-ahead log, and remove it afterwards.

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
        engine = _sqlite_engine(copy, 0.0, is_copy=True)
        try:
            yield engine
        finally:
            engine.dispose()


def create_tables(engine: Engine) -> None:
    """Create the tables and the triggers that keep them append-only, where they are missing."""
    with engine.connect() as connection:
        triggers = connection.execute(
            text("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"),
            {"table": LEDGER_ENTRY.name},
        ).scalar_one()
    if triggers >= len(_TRIGGERS):
        return
    with writing(engine) as connection:
        METADATA.create_all(connection)
        for trigger in _TRIGGERS:
            connection.execute(text(trigger))


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open the transaction of the one writer: it waits for any other, then reads what is latest."""
    locking = engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
    with locking.begin() as connection:
        yield connection


def key_table(keys: Iterable[str]) -> TableValuedAlias:
    """Return a one-column table of keys to join with; SQL's IN is slow for thousands of them."""
    return func.json_each(json.dumps(list(keys))).table_valued("value", name="wanted")


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows that have a value for each of a table's columns, in their order."""
    # Typed parameters would be processed one by one, which takes as long as inserting them.
    connection.exec_driver_sql(str(insert(table).compile(dialect=connection.dialect)), rows)


def holds_ledger(connection: Connection) -> bool:
    """Whether the ledger's table is there."""
    return inspect(connection).has_table(LEDGER_ENTRY.name)


def damage(connection: Connection) -> list[str]:
    """Return what the database itself finds wrong with its pages and indexes.

    An index that does not fit its table would let a known key in a second time.
    """
    found = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
    return [str(line) for line in found if line != "ok"]


@contextmanager
def database_errors(where: str) -> Iterator[None]:
    """Turn what a database raises into a StorageError that names the place and the remedy."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        cause = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        raise StorageError(_explain(where, cause)) from None


def _explain(where: str, cause: str) -> str:
    lowered = cause.lower()
    for sign, remedy in (
        ("not a database", "restore it from a backup, or move that file away"),
        ("malformed", "restore it from a backup, and compare its head with your anchor"),
        ("locked", "another process is writing to it; wait until that ends, then run again"),
        ("full", "nothing of this batch was recorded; free some space, then run again"),
        ("readonly", "make the file and its folder writable for this user, then run again"),
        ("unable to open", "make the file and its folder writable for this user, then run again"),
    ):
        if sign in lowered:
            return f"the ledger {where} failed ({cause}): {remedy}"
    return f"the ledger {where} failed ({cause}): check its volume, then run again"


def _sqlite_engine(path: Path, busy_timeout_seconds: float, *, is_copy: bool = False) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": busy_timeout_seconds, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        # So that a byte that was changed is named with its entry, and does not end the reading.
        connection.text_factory = lambda content: content.decode(errors="surrogateescape")
        # Used by large batches alone; their random keys would else spill over and over.
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        if is_copy:
            connection.execute("PRAGMA query_only = ON")
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
