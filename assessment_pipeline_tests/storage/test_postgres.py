"""What is Postgres' own: the triggers, the lock, the durability, and errors without a password."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from assessment_pipeline.errors import StorageError, UsageError
from assessment_pipeline.storage.postgres import PostgresDatabase
from assessment_pipeline_tests.core.ledger_builders import score_run
from assessment_pipeline_tests.postgres import PASSWORD
from assessment_pipeline_tests.storage.ledger_places import PostgresPlace, append

ENTRY = "assessment_pipeline.ledger_entry"


@pytest.fixture
def database(postgres_url: str) -> Iterator[PostgresDatabase]:
    with PostgresDatabase(postgres_url, lock_timeout_seconds=0.05) as database:
        database.migrate()
        yield database


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET subject = 'other'",
        "UPDATE {} SET seq = 2 WHERE seq = 1",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "INSERT INTO {} SELECT * FROM {} ON CONFLICT (seq) DO UPDATE SET subject = 'x'",
        "SET session_replication_role = replica; DELETE FROM {}",
    ],
)
def test_no_statement_changes_or_deletes_an_entry(
    postgres_place: PostgresPlace, statement: str
) -> None:
    anchor = postgres_place.write_some()
    with (
        pytest.raises(psycopg.errors.RaiseException, match="append-only"),
        psycopg.connect(postgres_place.url) as stranger,
    ):
        stranger.execute(statement.replace("{}", ENTRY).encode())
    assert postgres_place.named(anchor) == set()


def test_a_present_ledger_can_be_migrated_again(postgres_place: PostgresPlace) -> None:
    anchor = postgres_place.write_some()
    with PostgresDatabase(postgres_place.url) as database:
        database.migrate()
    assert postgres_place.named(anchor) == set()


def test_everything_lies_in_a_schema_of_its_own(postgres_place: PostgresPlace) -> None:
    postgres_place.write_some()
    tables = "SELECT schemaname FROM pg_tables WHERE tablename = 'ledger_entry'"
    with psycopg.connect(postgres_place.url) as connection:
        assert connection.execute(tables).fetchall() == [("assessment_pipeline",)]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("synchronous_commit", "on"),
        ("transaction_isolation", "read committed"),
        ("search_path", "assessment_pipeline"),
    ],
)
def test_connections_do_not_depend_on_what_the_server_prefers(
    postgres_url: str, setting: str, value: str
) -> None:
    careless = {
        "synchronous_commit": "off",
        "default_transaction_isolation": "serializable",
        "search_path": "public",
    }
    options = "%20".join(f"-c%20{name}%3D{value}" for name, value in careless.items())
    with (
        PostgresDatabase(f"{postgres_url}?options={options}") as database,
        database.reading() as connection,
    ):
        assert connection.exec_driver_sql(f"SHOW {setting}").scalar_one() == value


def test_whoever_waits_too_long_for_another_writer_is_told(
    database: PostgresDatabase, postgres_url: str
) -> None:
    with (
        PostgresDatabase(postgres_url) as other,
        other.writing(),
        pytest.raises(StorageError, match="another process is writing"),
        database.writing(),
    ):
        pass


def test_a_transaction_that_fails_leaves_nothing(postgres_place: PostgresPlace) -> None:
    with postgres_place.open() as ledger:
        database = ledger._database
        first = next(ledger.entries())
        with pytest.raises(StorageError, match="duplicate key"), database.writing() as connection:
            database.insert(connection, [first._replace(seq=2), first])
        assert ledger.head().seq == 1


def test_an_index_that_does_not_fit_its_table_is_found_where_amcheck_is(
    postgres_place: PostgresPlace,
) -> None:
    postgres_place.write_some()
    with psycopg.connect(postgres_place.url, autocommit=True) as connection:
        try:
            connection.execute("CREATE EXTENSION amcheck SCHEMA assessment_pipeline")
        except psycopg.Error:
            pytest.skip("this server comes without the extension amcheck")
        # A row that no index knows of: what a damaged index looks like.
        connection.execute(
            "UPDATE pg_index SET indisready = false WHERE indisunique = false "
            "AND indrelid = 'assessment_pipeline.ledger_entry'::regclass"
        )
        with postgres_place.open() as ledger:
            append(ledger, score_run(100))
        connection.execute(
            "UPDATE pg_index SET indisready = true WHERE indisunique = false "
            "AND indrelid = 'assessment_pipeline.ledger_entry'::regclass"
        )
    with postgres_place.read() as ledger:
        (problem,) = ledger.verify()
        assert problem.seq == 0
        assert "ix_ledger_entry_subject" in problem.message
        assert ledger.head().seq == 11


@pytest.mark.parametrize(
    "change",
    [
        {"password": f"{PASSWORD}-old"},
        {"database": "nowhere"},
        {"port": 1},
        {"host": "localhost.invalid"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_error_says_what_to_do_and_never_the_password(
    postgres_url: str, change: dict[str, str | int]
) -> None:
    url = make_url(postgres_url).set(**change)  # type: ignore[arg-type]
    place = PostgresPlace(url.render_as_string(hide_password=False))
    for opened in (place.open, place.read().__enter__):
        with pytest.raises(StorageError, match="user and password") as refusal:
            opened()
        assert PASSWORD not in str(refusal.value)
        assert refusal.value.__suppress_context__


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://scoring:{PASSWORD}@localhost/scoring",
        f"postgresql://scoring:{PASSWORD}@localhost:port/scoring",
        f"{PASSWORD}",
        "",
    ],
)
def test_what_is_no_url_of_postgres_is_refused_without_naming_it(url: str) -> None:
    with pytest.raises(UsageError, match="ASSESSMENT_PIPELINE_DATABASE_URL is no URL") as refusal:
        PostgresDatabase(url)
    assert PASSWORD not in str(refusal.value)
    assert PASSWORD not in repr(refusal.value.__context__)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_usual_scheme_of_postgres_is_understood(scheme: str) -> None:
    with PostgresDatabase(f"{scheme}://scoring:{PASSWORD}@localhost/scores") as database:
        assert database.engine.dialect.driver == "psycopg"
        assert database.where == "in database scores on localhost"


def test_reading_needs_no_right_to_write(postgres_place: PostgresPlace) -> None:
    anchor = postgres_place.write_some()
    with psycopg.connect(postgres_place.url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS auditor")
        connection.execute("CREATE ROLE auditor LOGIN PASSWORD 'auditor'")
        connection.execute("GRANT USAGE ON SCHEMA assessment_pipeline TO auditor")
        connection.execute(f"GRANT SELECT ON {ENTRY} TO auditor".encode())
    url = make_url(postgres_place.url).set(username="auditor", password="auditor")  # noqa: S106
    auditor = PostgresPlace(url.render_as_string(hide_password=False))
    assert auditor.named(anchor) == set()
    with pytest.raises(StorageError, match="grant this user"), auditor.open() as ledger:
        append(ledger, score_run(100))
    with psycopg.connect(postgres_place.url, autocommit=True) as connection:
        connection.execute("DROP OWNED BY auditor")
        connection.execute("DROP ROLE auditor")
