"""A backfill on two Celery workers, one of which is killed in the middle of a run.

Everything is real: Redis, two workers, the page and its daemon, a backfill launched as the page
does it. The day that the killed worker has is held by its lock, so that the kill always comes in
mid-run. Storage is whatever the settings say; two runs at a time are few enough for SQLite.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from assessment_pipeline.core.ledger_events import ScoringRunCreated
from assessment_pipeline.services.locks import step_lock
from assessment_pipeline.services.verify import verify
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.builders import files_below
from assessment_pipeline_tests.installations import Installation, answers
from assessment_pipeline_tests.redis import PASSWORD, private_redis
from assessment_pipeline_tests.services_real.celery_workers import awaited, celery_workers
from assessment_pipeline_tests.services_real.served_pages import ServedPage, served_page

pytestmark = pytest.mark.slow

DAYS: Final = ("2025-11-20", "2025-11-21", "2025-11-22", "2025-11-23")
HELD: Final = DAYS[0]
RUN_SECONDS: Final = 120
STEPS: Final = "response_snapshots response_features rubrics score_runs scorecards csv_exports"

LAUNCH: Final = """
mutation Launch($backfill: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $backfill) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message }
  }
}
"""
RUNS: Final = """
{ runsOrError { ... on Runs { results { runId status tags { key value } } } } }
"""


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with private_redis() as url:
        yield url


def delivered(folder: Path) -> Installation:
    installation = Installation(folder)
    for number, day in enumerate(DAYS):
        sessions = [answers(f"s-{number}-{each}", "BC"[each % 2]) for each in range(20)]
        installation.deliver(*sessions, b"{", day=day)
    return installation


def launch_backfill(page: ServedPage) -> None:
    backfill = {
        "partitionNames": list(DAYS),
        "assetSelection": [{"path": [name]} for name in STEPS.split()],
    }
    said = page.queried(LAUNCH, {"backfill": backfill})["launchPartitionBackfill"]
    assert said["__typename"] == "LaunchBackfillSuccess", said


def runs_of(page: ServedPage) -> list[dict[str, Any]]:
    runs = page.queried(RUNS)["runsOrError"]["results"]
    for run in runs:
        run["tags"] = {tag["key"]: tag["value"] for tag in run["tags"]}
    return list(runs)


def day_of(run: dict[str, Any]) -> str:
    return str(run["tags"].get("dagster/partition"))
