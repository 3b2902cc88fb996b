"""The main job on SQLite and on Postgres: the same bytes, and each where it belongs.

One setting moves the ledger and Dagster's runs and events. What is made of the deliveries does not
know of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from sqlalchemy import make_url

from assessment_pipeline.defs.instance import open_instance
from assessment_pipeline.defs.runs import PartitionOutcome, score_partitions
from assessment_pipeline.errors import StorageError
from assessment_pipeline.services.demo import place_samples
from assessment_pipeline.services.verify import verify
from assessment_pipeline.settings import Settings, load_settings
from assessment_pipeline.storage.home import Home
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.builders import files_below
from assessment_pipeline_tests.cli.command_lines import run
from assessment_pipeline_tests.postgres import PASSWORD, USER, empty

pytestmark = pytest.mark.slow

DAYS = ("2026-11-19", "2026-11-20")
VARIABLE = "ASSESSMENT_PIPELINE_DATABASE_URL"


@dataclass(frozen=True)
class Scored:
    """A home with the sample days scored through Dagster."""

    settings: Settings
    outcomes: tuple[PartitionOutcome, ...]

    @property
    def home(self) -> Home:
        return Home(self.settings.home)

    def made(self) -> dict[str, bytes]:
        """Return all that was made of the deliveries."""
        folders = ("artifacts", "current", "exports", "quarantine")
        return {
            f"{folder}/{name}": content
            for folder in folders
            for name, content in files_below(self.home.folder / folder).items()
        }

    def recorded(self) -> list[tuple[int, str, str, bytes]]:
        """Return what the ledger says, without when and by which run."""
        with Ledger.read(self.home.ledger, url=self.settings.ledger_url) as ledger:
            return [
                (entry.seq, entry.event_type, entry.dedup_key, bytes(entry.read_body().payload))
                for entry in ledger.entries()
            ]


def score(folder: Path) -> Scored:
    """Put the samples into a home, if they are not there, and score them."""
    settings = load_settings(home=folder)
    place_samples(Home(folder))
    return Scored(settings, tuple(score_partitions(settings, DAYS)))


@pytest.fixture(scope="module")
def environment() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory, environment: pytest.MonkeyPatch) -> Scored:
    environment.delenv(VARIABLE, raising=False)
    return score(tmp_path_factory.mktemp("sqlite") / "home")


@pytest.fixture(scope="module")
def on_postgres(
    tmp_path_factory: pytest.TempPathFactory,
    # First, so that it is scored without the setting.
    on_sqlite: Scored,  # noqa: ARG001
    environment: pytest.MonkeyPatch,
    postgres_server: str,
) -> Scored:
    empty(postgres_server)
    environment.setenv(VARIABLE, postgres_server)
    return score(tmp_path_factory.mktemp("postgres") / "home")


def test_every_byte_and_every_recorded_event_is_the_same(
    on_sqlite: Scored, on_postgres: Scored
) -> None:
    assert [each.is_complete for each in on_postgres.outcomes] == [True, True]
    assert len(on_sqlite.made()) > 40
    assert on_postgres.made() == on_sqlite.made()
    assert on_postgres.recorded() == on_sqlite.recorded()


def test_runs_and_events_are_in_postgres_and_no_database_is_in_the_home(
    on_postgres: Scored, postgres_server: str
) -> None:
    with psycopg.connect(postgres_server) as connection:
        runs = connection.execute("SELECT status, partition FROM public.runs ORDER BY partition")
        assert runs.fetchall() == [("SUCCESS", day) for day in DAYS]
        events = connection.execute("SELECT DISTINCT run_id FROM public.event_logs").fetchall()
        assert {run_id for (run_id,) in events} == {each.run_id for each in on_postgres.outcomes}
    assert [path.name for path in on_postgres.home.dagster.iterdir()] == ["dagster.yaml"]
    assert not on_postgres.home.ledger.exists()


def test_tables_of_ours_and_of_dagster_are_kept_apart(
    on_postgres: Scored, postgres_server: str
) -> None:
    assert on_postgres.outcomes
    query = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1"
    with psycopg.connect(postgres_server) as connection:
        ours = connection.execute(query, ["assessment_pipeline"]).fetchall()
        theirs = connection.execute(query, ["public"]).fetchall()
    assert ours == [("alembic_version",), ("ledger_entry",)]
    assert {("runs",), ("event_logs",), ("instigators",), ("alembic_version",)} <= set(theirs)
    assert ("ledger_entry",) not in theirs


def test_a_second_score_changes_no_byte_and_appends_nothing(on_postgres: Scored) -> None:
    made, recorded = on_postgres.made(), on_postgres.recorded()

    again = score(on_postgres.settings.home)

    assert [each.as_json()["changed"] for each in again.outcomes] == [[], []]
    assert again.made() == made
    assert again.recorded() == recorded


def test_the_scores_verify_with_the_ledger_in_postgres(on_postgres: Scored) -> None:
    found = verify(on_postgres.home, ledger_url=on_postgres.settings.ledger_url)

    assert found.differences == []
    # One sample day is delivered and not scored here.
    assert all("2026-11-18" in gap for gap in found.gaps)


def test_the_password_is_in_no_file_of_the_home_and_in_no_row(
    on_postgres: Scored, postgres_server: str
) -> None:
    files = files_below(on_postgres.home.folder)
    assert [name for name, content in files.items() if PASSWORD.encode() in content] == []
    with psycopg.connect(postgres_server) as connection:
        (stored,) = connection.execute(
            "SELECT string_agg(query_to_xml(format('SELECT * FROM %I.%I', schemaname, tablename), "
            "true, true, '')::text, '') FROM pg_tables "
            "WHERE schemaname IN ('public', 'assessment_pipeline')"
        ).fetchone() or ("",)
    assert on_postgres.outcomes[0].run_id in stored
    assert PASSWORD not in stored


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"password": f"{PASSWORD}-old"}, "password authentication failed"),
        ({"database": "nowhere"}, "does not exist"),
        ({"port": 1}, "refused"),
    ],
    ids=["password", "database", "port"],
)
def test_a_database_out_of_reach_is_one_sentence_without_a_secret(
    on_postgres: Scored,
    environment: pytest.MonkeyPatch,
    change: dict[str, str | int],
    cause: str,
) -> None:
    url = make_url(str(on_postgres.settings.ledger_url)).set(**change)  # type: ignore[arg-type]
    with environment.context() as patch:
        patch.setenv(VARIABLE, url.render_as_string(hide_password=False))
        result = run("score", "--date", DAYS[0], home=on_postgres.settings.home)
        verified = run("verify", "--date", DAYS[0], home=on_postgres.settings.home)

    # Nothing is known to differ, and nothing is proved.
    assert verified.exit_code == 3
    assert cause in verified.output
    assert PASSWORD not in verified.output
    assert result.exit_code == 4
    assert cause in result.stderr
    assert "check that the server runs" in result.stderr
    assert result.stderr.count("\n") == 1
    assert PASSWORD not in result.output


def test_a_database_that_goes_away_in_mid_run_is_told_in_one_sentence(
    tmp_path: Path, environment: pytest.MonkeyPatch, postgres_server: str
) -> None:
    url = make_url(postgres_server).set(database="short_lived")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE short_lived")

        def cut_off(asset: str, _: int) -> None:
            if asset == "score_runs":
                connection.execute("ALTER DATABASE short_lived ALLOW_CONNECTIONS false")
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = 'short_lived'"
                )

        with environment.context() as patch:
            patch.setenv(VARIABLE, url.render_as_string(hide_password=False))
            settings = load_settings(home=tmp_path / "home")
            place_samples(Home(settings.home))
            with pytest.raises(StorageError, match=r"Dagster's storage .* failed") as failure:
                list(score_partitions(settings, DAYS[:1], on_progress=cut_off))
            assert PASSWORD not in str(failure.value)
            assert "\n" not in str(failure.value)

            connection.execute("ALTER DATABASE short_lived ALLOW_CONNECTIONS true")
            (outcome,) = score_partitions(settings, DAYS[:1])
            assert outcome.is_complete


def test_a_user_named_like_our_schema_does_not_mix_the_tables(
    tmp_path: Path, environment: pytest.MonkeyPatch, postgres_server: str
) -> None:
    # Postgres looks first into the schema that is named like the user.
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE ROLE assessment_pipeline LOGIN PASSWORD 'x'")
        connection.execute("CREATE DATABASE same_name OWNER assessment_pipeline")
    url = make_url(postgres_server).set(
        username="assessment_pipeline",
        password="x",  # noqa: S106
        database="same_name",
    )
    with environment.context() as patch:
        patch.setenv(VARIABLE, url.render_as_string(hide_password=False))
        settings = load_settings(home=tmp_path / "home")
        Ledger.open(
            tmp_path / "none",
            url=settings.ledger_url,
            timezone="UTC",
            recorded_at="2026-11-21T02:00:00Z",
            actor="test",
        ).close()
        with open_instance(Home(settings.home), settings) as instance:
            assert instance.get_runs_count() == 0
            assert isinstance(instance, dg.DagsterInstance)
    admin = make_url(postgres_server).set(database="same_name")
    with psycopg.connect(admin.render_as_string(hide_password=False)) as connection:
        found = connection.execute(
            "SELECT schemaname FROM pg_tables WHERE tablename IN ('runs', 'ledger_entry') "
            "ORDER BY tablename"
        ).fetchall()
    assert found == [("assessment_pipeline",), ("public",)]
    assert USER != "assessment_pipeline"
