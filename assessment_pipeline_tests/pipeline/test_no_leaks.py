"""No name, address, answer or secret is where it is not meant to be, after all that can go wrong.

The table below is the whole of what may be where. Everything else in the home, all that the
programs say, their working and temporary folders and the database are searched, byte by byte.
"""

from collections.abc import Iterator

import psycopg
import pytest

from assessment_pipeline.core.rejections import Reason
from assessment_pipeline.services.copy_exports import FORMATS
from assessment_pipeline_tests.canaries import is_in, places, postgres_pieces
from assessment_pipeline_tests.pipeline import leaks
from assessment_pipeline_tests.pipeline.leaks import DAY, LATER, Installation
from assessment_pipeline_tests.postgres import private_postgres

pytestmark = pytest.mark.slow

RAW = ("deliveries/",)
CSV = tuple(f"exports/{day}/" for day in (DAY, LATER))
EVIDENCE = tuple(f"{folder}evidence.csv" for folder in CSV)
PAGES = f"reports/{DAY}/"
# The word, and where in the home it may be found.
MAY_BE: dict[str, tuple[str, ...]] = {
    # One of the candidate's sessions contradicts another one, and is in quarantine.
    leaks.CANDIDATE: (*RAW, "artifacts/", *CSV, "quarantine/", PAGES),
    # A session that cannot be scored is named by its id, in the page too: somebody has to mend it.
    leaks.SESSION: (*RAW, "artifacts/", *CSV, "dagster/", PAGES),
    leaks.ANSWER: (*RAW, "artifacts/", *EVIDENCE, PAGES),
    leaks.CONTEXT: (*RAW, "artifacts/"),
    leaks.NONCE: (*RAW, "artifacts/"),
    # The name of a file is what an operator is told, in the page too; nothing else names it.
    leaks.FILE: (*RAW, "artifacts/", "quarantine/", "dagster/"),
    leaks.BAD_NAME: (*RAW, "quarantine/"),
    leaks.BAD_MAIL: (*RAW, "quarantine/"),
    # The session that contradicts another one is well-formed, so its canonical line is kept.
    leaks.BAD_ANSWER: (*RAW, "quarantine/", "artifacts/"),
    leaks.UI_PASSWORD: (),
    leaks.DATABASE_PASSWORD: (),
}
# What is told to whoever runs a command: never a person, an answer or a secret.
MAY_BE_SAID = {leaks.FILE, leaks.SESSION}


_MODULE = ("-m", "assessment_pipeline.definitions")


def _of_day(day: str) -> str:
    return f'{{"dagster/partition": "{day}"}}'


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Return an installation in which everything was done that may go wrong."""
    installation = Installation(tmp_path_factory.mktemp("leaks"))
    run, home = installation.run, installation.home
    # A broken rubric, a session without one, a conflict, a broken stream: done in part.
    run("score", code=4)
    run("verify")
    run("verify", "--debug", "--json")
    run("ledger", "verify")
    run("ledger", "show")
    run("rubric", "check", code=2)
    run("export", "--date", DAY, "--to", str(installation.folder / "exported"))
    forms = [part for form in FORMATS for part in ("--format", form)]
    arguments = ("--date", DAY, "--to", str(installation.folder / "forms"), "--take", "best")
    run("export", *arguments, *forms, "--debug")
    run("qti-results", "--date", DAY, "--to", str(installation.folder / "qti"))
    # Pages, by the command and by Dagster's jobs of their own.
    run("report", "--date", DAY, "--to", str(installation.folder / "pages"), "--staff")
    one = ("--session", leaks.SESSION, "--date", DAY, "--to", str(installation.folder / "s.html"))
    run("report", *one, "--staff")
    run("statistics", "--assessment", "numeracy", code=3)
    pages = (*_MODULE, "-j", "scorecard_pages_job", "--tags", _of_day(DAY))
    installation.run_dagster("job", "execute", *pages, code=0)
    # A delivery that has changed since, in our program and in Dagster's.
    delivered = home / "deliveries" / DAY / f"{leaks.FILE}.jsonl"
    content = delivered.read_bytes()
    delivered.write_bytes(content.replace(b"s-2", b"s-7"))
    run("score", "--date", DAY, "--debug", code=4)
    nightly = (*_MODULE, "-j", "nightly_scoring", "--tags", _of_day(DAY))
    installation.run_dagster("job", "execute", *nightly, code=1)
    run("verify", "--debug", code=1)
    run("score", "--date", DAY, "--accept-changed", "--json", code=4)
    run("deliver", str(home / "deliveries" / LATER / "a.jsonl"), "--date", DAY)
    # A database that is not there.
    url = f"postgresql://scoring:{leaks.DATABASE_PASSWORD}@127.0.0.1:1/scoring"
    run("score", "--date", DAY, "--debug", code=4, ASSESSMENT_PIPELINE_DATABASE_URL=url)
    run("verify", "--debug", code=3, ASSESSMENT_PIPELINE_DATABASE_URL=url)
    run("ledger", "head", "--debug", code=4, ASSESSMENT_PIPELINE_DATABASE_URL=url)
    # Artifacts, exports and the ledger's file that were tampered with.
    for path in (*(home / "artifacts").iterdir(), home / "exports" / DAY / "evidence.csv"):
        damaged = bytearray(path.read_bytes()) or bytearray(1)
        damaged[len(damaged) // 2] ^= 1
        path.write_bytes(damaged)
    run("verify", "--debug", code=1)
    run("score", "--date", LATER, "--debug", code=4)
    return installation


def test_every_reason_that_a_line_can_be_refused_for_was_there(worked: Installation) -> None:
    quarantined = b"".join(
        path.read_bytes() for path in (worked.home / "quarantine").rglob("*.jsonl")
    )

    assert [reason for reason in Reason if f'"{reason}"'.encode() not in quarantined] == [
        Reason.RATIO_TOO_HIGH
    ]


@pytest.mark.parametrize("word", MAY_BE)
def test_a_word_is_in_the_home_only_where_it_is_meant_to_be(
    worked: Installation, word: str
) -> None:
    found = places(word, worked.home)

    assert [place for place in found if not place.startswith(MAY_BE[word])] == []
    # It was there to be found.
    assert all(any(place.startswith(store) for place in found) for store in MAY_BE[word][:1])


@pytest.mark.parametrize("word", [word for word in MAY_BE if word not in MAY_BE_SAID])
def test_no_program_says_it(worked: Installation, word: str) -> None:
    assert {name for name, said in worked.said.items() if is_in(word, [said.encode()])} == set()


@pytest.mark.parametrize("folder", ["temporary", "working"])
def test_nothing_is_left_where_the_programs_ran(worked: Installation, folder: str) -> None:
    assert {word for word in MAY_BE if places(word, worked.folder / folder)} == set()


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, str]]:
    """Return an installation that was scored with its ledger in a database, and its URL."""
    with private_postgres() as server:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE USER canary SUPERUSER PASSWORD '{leaks.DATABASE_PASSWORD}'")
        address = server.rpartition("@")[2]
        url = f"postgresql://canary:{leaks.DATABASE_PASSWORD}@{address}"
        installation = Installation(tmp_path_factory.mktemp("leaks-on-postgres"))
        for command, code in ((("score",), 4), (("verify", "--debug"), 0), (("ledger", "show"), 0)):
            installation.run(*command, code=code, ASSESSMENT_PIPELINE_DATABASE_URL=url)
        yield installation, server


def test_no_word_is_in_the_database(on_postgres: tuple[Installation, str]) -> None:
    pieces = list(postgres_pieces(on_postgres[1]))

    assert is_in("SCORING_RUN_CREATED", pieces)
    # Dagster's storage is there too, and holds what its folder may hold.
    may_be = {word for word, stores in MAY_BE.items() if "dagster/" in stores}
    assert {word for word in MAY_BE if is_in(word, pieces)} <= may_be


def test_with_a_database_the_home_and_what_is_said_hold_no_more(
    on_postgres: tuple[Installation, str],
) -> None:
    installation, _ = on_postgres

    for word, stores in MAY_BE.items():
        found = places(word, installation.home)
        assert [place for place in found if not place.startswith(stores)] == [], word
        assert word in MAY_BE_SAID or not is_in(word, installation.pieces_said()), word
