"""`ui` on Postgres: the page, the daemon and the processes of its runs all work there."""

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from assessment_pipeline_tests.installations import DAY, Installation, answers
from assessment_pipeline_tests.postgres import PASSWORD, empty
from assessment_pipeline_tests.services_real.served_pages import (
    ServedPage,
    command_line,
    descendants,
    served_page,
)

pytestmark = pytest.mark.slow

SECONDS = 120
LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { id } }
    ... on PythonError { message }
  }
}
"""
PARAMS = {
    "selector": {
        "repositoryLocationName": "assessment_pipeline",
        "repositoryName": "__repository__",
        "pipelineName": "nightly_scoring",
    },
    "executionMetadata": {"tags": [{"key": "dagster/partition", "value": DAY}]},
    "runConfigData": {},
}


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s-1"), answers("s-2", "C"))
    return installation


@pytest.fixture
def page(installation: Installation, postgres_server: str) -> Iterator[ServedPage]:
    empty(postgres_server)
    with served_page(
        installation.home.folder,
        ASSESSMENT_PIPELINE_FIRST_DATE="2025-01-01",
        ASSESSMENT_PIPELINE_DATABASE_URL=postgres_server,
    ) as page:
        yield page


def test_a_run_from_the_page_is_worked_on_by_its_own_process_and_recorded_in_postgres(
    installation: Installation, page: ServedPage, postgres_server: str
) -> None:
    launched = page.queried(LAUNCH, {"params": PARAMS})["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["id"]
    command_lines: set[str] = set()
    deadline = time.monotonic() + SECONDS
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        status = ""
        while status not in {"SUCCESS", "FAILURE"} and time.monotonic() < deadline:
            page.wait(0.25)
            row = connection.execute("SELECT status FROM runs WHERE run_id = %s", [run_id])
            (status,) = row.fetchone() or ("",)
            command_lines.update(descendants(page.process.pid).values())
        assert status == "SUCCESS"
        heartbeats = connection.execute("SELECT count(*) FROM daemon_heartbeats").fetchone()
        assert heartbeats is not None
        assert heartbeats[0] > 0
        recorded = connection.execute(
            "SELECT count(*) FROM assessment_pipeline.ledger_entry "
            "WHERE event_type = 'SCORING_RUN_CREATED'"
        ).fetchone()
        assert recorded == (2,)
    assert (installation.home.export_folder(DAY) / "scorecards.csv").is_file()
    assert not installation.home.ledger.exists()
    assert list(installation.home.dagster.rglob("*.db")) == []
    # Whoever lists the processes of the machine sees no password.
    assert len(command_lines) > 2
    assert PASSWORD not in " ".join(command_lines) + command_line(page.process.pid)
