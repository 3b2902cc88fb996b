"""`make up-postgres` and `down-postgres`: what is printed can be used, what was begun is ended."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from assessment_pipeline_tests.postgres import programs
from assessment_pipeline_tests.services_real.served_pages import free_port

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).parents[2] / "tools" / "private_postgres"
EXPORT = "export ASSESSMENT_PIPELINE_DATABASE_URL="


@pytest.fixture
def environment() -> Iterator[Mapping[str, str]]:
    if programs() is None:
        pytest.skip("there is no postgres (Debian: postgresql)")
    # Not below pytest's own folder, which the user of the server cannot enter.
    with tempfile.TemporaryDirectory(prefix="assessment-pipeline-postgres-") as folder:
        environment = {
            **os.environ,
            "ASSESSMENT_PIPELINE_POSTGRES": folder,
            "ASSESSMENT_PIPELINE_POSTGRES_PORT": str(free_port()),
        }
        try:
            yield environment
        finally:
            asked("down", environment)


def asked(command: str, environment: Mapping[str, str]) -> str:
    # To files: the server keeps what it inherits open.
    with tempfile.TemporaryFile("w+") as output:
        subprocess.run([PROGRAM, command], env=environment, stdout=output, check=True)
        output.seek(0)
        return output.read()


def test_a_private_server_starts_once_and_ends(environment: Mapping[str, str]) -> None:
    printed = asked("up", environment)
    url = printed.strip().removeprefix(EXPORT)

    assert asked("up", environment) == printed
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (id integer)")
        addresses = connection.execute("SHOW listen_addresses").fetchone()
    assert addresses == ("127.0.0.1",)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url.replace("scoring:", "scoring:x"))
    asked("down", environment)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    asked("up", environment)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_what_it_keeps_is_readable_by_its_owner_alone(environment: Mapping[str, str]) -> None:
    asked("up", environment)

    folder = Path(environment["ASSESSMENT_PIPELINE_POSTGRES"])
    assert [path for path in (folder, *folder.iterdir()) if path.stat().st_mode & 0o077] == []
