import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assessment_pipeline.errors import NothingThereError, StorageError
from assessment_pipeline.storage.sqlite import SqliteDatabase

_INSERT = (
    "INSERT INTO ledger_entry VALUES (:seq, randomblob(32), randomblob(32), :seq, 'A', 'b', x'00')"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "audit" / "ledger.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[SqliteDatabase]:
    with SqliteDatabase.open(path, busy_timeout_seconds=0.01) as database:
        database.migrate()
        yield database


def _insert(database: SqliteDatabase, seq: int) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql(_INSERT, {"seq": seq})


def _count(database: SqliteDatabase) -> int:
    with database.reading() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM ledger_entry").scalar_one()
    assert isinstance(count, int)
    return count


def _everything_in(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()}


def test_what_is_made_is_readable_by_its_owner_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        database = SqliteDatabase.open(path)
        database.migrate()
        modes = {
            file.name: stat.S_IMODE(file.stat().st_mode)
            for file in (path.parent, *path.parent.iterdir())
        }
        database.close()
    finally:
        os.umask(before)
    assert modes.pop("audit") == 0o700
    assert modes == dict.fromkeys(
        ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"), 0o600
    )


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 60_000)],
)
def test_connections_are_durable_and_patient(path: Path, pragma: str, value: object) -> None:
    database = SqliteDatabase.open(path)
    with database.reading() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value
    database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET subject = 'other'",
        "UPDATE ledger_entry SET seq = 2 WHERE seq = 1",
        "DELETE FROM ledger_entry",
        _INSERT.replace("INSERT", "INSERT OR REPLACE").replace(":seq", "1"),
    ],
)
def test_no_statement_changes_or_deletes_an_entry(database: SqliteDatabase, statement: str) -> None:
    _insert(database, 1)
    with pytest.raises(StorageError, match="append-only"), database.writing() as connection:
        connection.exec_driver_sql(statement)
    with database.reading() as connection:
        row = connection.exec_driver_sql("SELECT seq, subject FROM ledger_entry").one()
    assert tuple(row) == (1, "b")


def test_triggers_hold_for_programs_that_are_not_ours(database: SqliteDatabase, path: Path) -> None:
    _insert(database, 1)
    stranger = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stranger.execute("DELETE FROM ledger_entry")
    stranger.close()


def test_a_present_ledger_can_be_migrated_again(database: SqliteDatabase) -> None:
    _insert(database, 1)
    database.migrate()
    assert _count(database) == 1


def test_a_transaction_that_fails_leaves_nothing(database: SqliteDatabase) -> None:
    with pytest.raises(StorageError, match="UNIQUE"), database.writing() as connection:
        connection.exec_driver_sql(_INSERT, [{"seq": 1}, {"seq": 1}])
    assert _count(database) == 0


def test_a_copy_holds_what_is_still_in_the_log_alone(database: SqliteDatabase, path: Path) -> None:
    _insert(database, 1)
    assert path.with_name("ledger.sqlite-wal").stat().st_size > 0
    with SqliteDatabase.open_copy(path) as copy:
        assert _count(copy) == 1


def test_a_copy_holds_nothing_that_is_not_committed(database: SqliteDatabase, path: Path) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql(_INSERT, {"seq": 1})
        with SqliteDatabase.open_copy(path) as copy:
            assert _count(copy) == 0


def test_a_copy_writes_nothing_where_the_ledger_lies(
    database: SqliteDatabase, path: Path, tmp_path: Path
) -> None:
    _insert(database, 1)
    # As from a backup: a file and its log, and no process that has them open.
    backup = tmp_path / "backup"
    backup.mkdir()
    for name in ("ledger.sqlite", "ledger.sqlite-wal"):
        shutil.copy(path.with_name(name), backup / name)
    before = _everything_in(backup)
    with SqliteDatabase.open_copy(backup / "ledger.sqlite") as copy:
        assert _count(copy) == 1
    assert _everything_in(backup) == before


def test_a_copy_cannot_be_written_to(database: SqliteDatabase, path: Path) -> None:
    _insert(database, 1)
    with (
        SqliteDatabase.open_copy(path) as copy,
        pytest.raises(StorageError, match="readonly"),
        copy.writing() as connection,
    ):
        connection.exec_driver_sql(_INSERT, {"seq": 2})


@pytest.mark.usefixtures("database")
def test_a_copy_is_gone_afterwards(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with SqliteDatabase.open_copy(path) as copy:
        assert _count(copy) == 0
        assert list(temporary.iterdir())
    assert list(temporary.iterdir()) == []


def test_a_copy_leaves_the_locks_of_its_own_process_alone(
    database: SqliteDatabase, path: Path
) -> None:
    _insert(database, 1)
    with SqliteDatabase.open_copy(path):
        pass
    # Who closes a database last takes the log away; this process still has it open.
    other = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(*c.execute(sys.argv[2]))"
    query = "SELECT count(*) FROM ledger_entry"
    subprocess.run([sys.executable, "-c", f"{other}; c.close()", path, query], check=True)
    assert path.with_name("ledger.sqlite-wal").exists()
    _insert(database, 2)
    with SqliteDatabase.open_copy(path) as copy:
        assert _count(copy) == 2


def test_opening_again_leaves_the_locks_of_its_own_process_alone(
    database: SqliteDatabase, path: Path
) -> None:
    _insert(database, 1)
    SqliteDatabase.open(path).close()
    other = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA user_version')"
    )
    subprocess.run([sys.executable, "-c", f"{other}; c.close()", path], check=True)
    assert path.with_name("ledger.sqlite-wal").exists()


def test_a_ledger_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(NothingThereError, match=str(path)), SqliteDatabase.open_copy(path):
        pass
    assert not path.parent.exists()


def test_a_file_that_is_no_database_is_named(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"candidate,answer\n" * 1_000)
    with pytest.raises(StorageError, match=f"{path}.*not a database.*backup") as refusal:
        SqliteDatabase.open(path)
    assert refusal.value.__suppress_context__


def test_a_folder_in_the_place_of_the_ledger_is_named(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StorageError, match=str(path)):
        SqliteDatabase.open(path)
    with pytest.raises(StorageError, match=str(path)), SqliteDatabase.open_copy(path):
        pass


def test_a_file_in_the_place_of_the_folder_is_named(path: Path) -> None:
    path.parent.parent.mkdir()
    path.parent.touch()
    with pytest.raises(StorageError, match=str(path.parent)):
        SqliteDatabase.open(path)


def test_a_locked_database_says_who_to_wait_for(database: SqliteDatabase, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with (
        pytest.raises(StorageError, match="another process is writing"),
    ):
        _insert(database, 1)
    other.close()


def test_a_full_volume_says_to_free_some_space(database: SqliteDatabase) -> None:
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    entry = _INSERT.replace("x'00'", "zeroblob(1000000)")
    with (
        pytest.raises(StorageError, match="free some space"),
        database.writing() as connection,
    ):
        connection.exec_driver_sql(entry, {"seq": 1})
    assert _count(database) == 0
