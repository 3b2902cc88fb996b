"""Revisions of the tables: made, adopted, brought up to date, refused, on both database systems."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from assessment_pipeline.errors import NewerReleaseError, StorageError
from assessment_pipeline.storage import migrations
from assessment_pipeline.storage.database import METADATA, Present
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.core.ledger_builders import score_run
from assessment_pipeline_tests.storage.ledger_places import (
    ROOT,
    LedgerPlace,
    PostgresPlace,
    SqlitePlace,
    append,
)

SECOND = """\
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.create_table("decision", sa.Column("seq", sa.Integer, primary_key=True))
"""


def present(ledger: Ledger) -> Present:
    with ledger._database.reading() as connection:
        return ledger._database.present(connection)


def rows(ledger: Ledger) -> list[tuple[object, ...]]:
    return [tuple(entry) for entry in ledger.entries()]


def differences(ledger: Ledger) -> list[object]:
    with ledger._database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))


def forget_revision(place: LedgerPlace) -> None:
    """Make a ledger what it was before revisions were recorded."""
    place.tamper("DROP TABLE alembic_version")


@pytest.fixture
def second_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Release a second revision, and return its file."""
    folder = tmp_path / "100% new" / "migrations"
    shutil.copytree(migrations._FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "versions" / "revision_0002.py"
    path.write_text(SECOND)
    monkeypatch.setattr(migrations, "_FOLDER", folder)
    monkeypatch.setattr(migrations, "REVISIONS", ("0001", "0002"))
    monkeypatch.setattr(migrations, "CURRENT", "0002")
    return path


def test_the_revisions_are_those_of_the_scripts_and_each_has_one_before_it() -> None:
    scripts = ScriptDirectory(str(migrations._FOLDER))

    assert len(scripts.get_heads()) == 1
    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(
        migrations.REVISIONS
    )


def test_a_new_ledger_has_the_present_revision_and_the_tables_of_the_models(
    place: LedgerPlace,
) -> None:
    with place.open() as ledger:
        assert present(ledger) == Present(ledger=True, triggers=True, revision=migrations.CURRENT)
        assert differences(ledger) == []


def test_the_revisions_write_the_very_table_that_the_model_describes(
    sqlite_place: SqlitePlace,
) -> None:
    statements = (
        "SELECT sql FROM sqlite_master "
        "WHERE tbl_name != 'alembic_version' AND type != 'trigger' ORDER BY 1"
    )
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        METADATA.create_all(connection)
        described = connection.exec_driver_sql(statements).scalars().all()
    engine.dispose()
    with sqlite_place.open() as ledger, ledger._database.reading() as connection:
        assert connection.exec_driver_sql(statements).scalars().all() == described


def test_no_revision_changes_the_ledgers_own_table(sqlite_place: SqlitePlace) -> None:
    statement = "SELECT sql FROM sqlite_master WHERE name = 'ledger_entry'"
    with sqlite_place.open() as ledger, ledger._database.reading() as connection:
        now = connection.exec_driver_sql(statement).scalar_one()
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        command.upgrade(migrations.alembic_config(connection), migrations.REVISIONS[0])
        assert connection.exec_driver_sql(statement).scalar_one() == now
    engine.dispose()


def test_a_ledger_from_before_revisions_is_adopted_as_it_is(place: LedgerPlace) -> None:
    anchor = place.write_some()
    with place.read() as ledger:
        before = rows(ledger)
    forget_revision(place)

    with place.read() as ledger:
        assert present(ledger).revision is None
        assert rows(ledger) == before
    with place.open() as ledger:
        assert present(ledger) == Present(ledger=True, triggers=True, revision="0001")
        assert rows(ledger) == before
        append(ledger, score_run(100))
    assert place.named(anchor) == set()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE ledger_entry ADD COLUMN remark TEXT",
        "ALTER TABLE ledger_entry RENAME COLUMN subject TO about",
        "DROP INDEX ix_ledger_entry_subject",
    ],
)
def test_what_is_not_as_a_release_makes_it_is_not_adopted(place: LedgerPlace, change: str) -> None:
    place.write_some()
    forget_revision(place)
    place.tamper(change)

    with pytest.raises(StorageError, match=r"not as any release makes it.*backup"):
        place.open()
    with place.read() as ledger:
        assert present(ledger).revision is None


def test_a_ledger_of_a_newer_release_is_refused_and_left_alone(place: LedgerPlace) -> None:
    place.write_some()
    with place.read() as ledger:
        before = rows(ledger)
    place.tamper("UPDATE alembic_version SET version_num = '9999'")

    for opened in (place.open, place.read().__enter__):
        with pytest.raises(NewerReleaseError, match=r"9999.*up to 0001.*install that release"):
            opened()
    place.tamper("UPDATE alembic_version SET version_num = '0001'")
    with place.read() as ledger:
        assert rows(ledger) == before


def test_an_older_ledger_is_brought_to_the_present_revision(
    place: LedgerPlace, request: pytest.FixtureRequest
) -> None:
    anchor = place.write_some()
    with place.read() as ledger:
        before = rows(ledger)
    request.getfixturevalue("second_revision")

    with place.read() as ledger:
        assert present(ledger).revision == "0001"
    with place.open() as ledger:
        assert present(ledger) == Present(ledger=True, triggers=True, revision="0002")
        assert rows(ledger) == before
        with ledger._database.reading() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM decision").scalar_one() == 0
    assert place.named(anchor) == set()


def test_a_revision_that_fails_leaves_everything_as_it_was(
    place: LedgerPlace, request: pytest.FixtureRequest
) -> None:
    place.write_some()
    path = request.getfixturevalue("second_revision")
    assert isinstance(path, Path)
    path.write_text(SECOND + '    op.execute("SELECT no_such_column")\n')

    with pytest.raises(StorageError, match="no_such_column"):
        place.open()
    with place.read() as ledger:
        assert present(ledger).revision == "0001"
    path.write_text(SECOND)
    with place.open() as ledger:
        assert present(ledger).revision == "0002"


@pytest.mark.slow
def test_many_processes_that_open_at_once_adopt_a_ledger_once(place: LedgerPlace) -> None:
    with place.open(timezone="UTC") as ledger:
        anchor = ledger.anchor()
    forget_revision(place)

    processes = [place.start_appender(writer, 2) for writer in range(1, 7)]

    assert [process.wait() for process in processes] == [0] * len(processes)
    with place.read() as ledger:
        assert present(ledger) == Present(ledger=True, triggers=True, revision=migrations.CURRENT)
        assert ledger.verify(anchor) == []


def test_triggers_that_are_gone_come_back(place: LedgerPlace) -> None:
    place.write_some()
    place.tamper()
    with place.read() as ledger:
        assert not present(ledger).triggers

    with place.open() as ledger:
        assert present(ledger).triggers


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_alembic_is_not_imported_for_a_ledger_that_is_up_to_date(
    engine: str, request: pytest.FixtureRequest
) -> None:
    place = request.getfixturevalue(f"{engine}_place")
    assert isinstance(place, SqlitePlace | PostgresPlace)
    place.write_some()
    where = (str(place.path), "None") if isinstance(place, SqlitePlace) else ("/nowhere", place.url)
    program = (
        "import sys, pathlib\n"
        "from assessment_pipeline.storage.ledger import Ledger\n"
        "path, url = sys.argv[1:]\n"
        "Ledger.open(pathlib.Path(path), url=None if url == 'None' else url, "
        "timezone='Europe/Berlin', recorded_at='2026-01-01T00:00:00Z', actor='test').close()\n"
        "print('alembic' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", program, *where],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == "False\n"
