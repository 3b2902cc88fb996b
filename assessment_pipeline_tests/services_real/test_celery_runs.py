"""A backfill on two Celery workers, one of which is killed in the middle of a run.

Everything is real: Redis, two workers, the page and its daemon, a backfill launched as the page
does it. The day that the killed worker has is held by its lock, so that the kill always comes in
mid-run. Storage is whatever the settings say; two runs at a time are few enough for SQLite.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from celery import Celery

from assessment_pipeline.core.ledger_events import ScoringRunCreated
from assessment_pipeline.services.locks import step_lock
from assessment_pipeline.services.verify import verify
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.builders import files_below
from assessment_pipeline_tests.installations import Installation, answers
from assessment_pipeline_tests.redis import PASSWORD, private_redis
from assessment_pipeline_tests.services_real.backfills import all_done, launch_backfill, runs_of
from assessment_pipeline_tests.services_real.celery_workers import awaited, celery_workers
from assessment_pipeline_tests.services_real.served_pages import ServedPage, served_page

pytestmark = pytest.mark.slow

DAYS: Final = ("2025-11-20", "2025-11-21", "2025-11-22", "2025-11-23")
HELD: Final = DAYS[0]
SESSIONS: Final = 20
RUN_SECONDS: Final = 110


@pytest.fixture
def redis_url() -> Iterator[str]:
    with private_redis() as redis:
        yield redis.url


def delivered(folder: Path) -> Installation:
    installation = Installation(folder)
    for number, day in enumerate(DAYS):
        sessions = [answers(f"s-{number}-{each}", "BC"[each % 2]) for each in range(SESSIONS)]
        installation.deliver(*sessions, b"{", day=day)
    return installation


def worker_of_day(page: ServedPage, day: str, url: str) -> str | None:
    """Return the name of the worker that has begun a day's run, if one has."""
    for run in runs_of(page):
        if run.day == day and run.status == "STARTED":
            with Celery(broker=url, backend=url, set_as_current=False) as asking:
                found = asking.AsyncResult(run.tags["dagster-celery/task_id"]).info
            return str(found["hostname"])
    return None


def test_a_backfill_outlives_a_killed_worker_with_the_bytes_of_one_process(
    redis_url: str, tmp_path: Path
) -> None:
    spread = delivered(tmp_path / "spread")
    alone = delivered(tmp_path / "alone")
    settings = {
        "ASSESSMENT_PIPELINE_CELERY_BROKER_URL": redis_url,
        "ASSESSMENT_PIPELINE_FIRST_DATE": DAYS[0],
    }
    spread.home.create()

    with (
        celery_workers(tmp_path, spread.home.folder, 2, **settings) as workers,
        served_page(spread.home.folder, **settings) as page,
    ):
        with step_lock(spread.home, HELD):
            launch_backfill(page, DAYS)
            name = awaited(
                lambda: worker_of_day(page, HELD, redis_url), RUN_SECONDS, "the held day's run"
            )
            (lost,) = (each for each in workers if name.startswith(each.node_name_start))
            lost.kill()
        runs = awaited(lambda: all_done(page, DAYS), RUN_SECONDS, "a successful run of every day")

    assert Counter((run.day, run.status) for run in runs) == Counter(
        [*((day, "SUCCESS") for day in DAYS), (HELD, "FAILURE")]
    )
    for day in DAYS:
        alone.score(day)
    exports = files_below(spread.home.exports)
    assert exports == files_below(alone.home.exports)
    assert len(exports) == 4 * len(DAYS)
    found = verify(spread.home)
    assert (found.differences, found.gaps) == ([], [])
    with Ledger.read(spread.home.ledger) as ledger:
        created = [each.score_run_id for each in ledger.payloads(ScoringRunCreated)]
    assert len(created) == len(set(created)) == SESSIONS * len(DAYS)
    kept = {
        **files_below(spread.home.dagster),
        **{str(each.log): each.log.read_bytes() for each in workers},
    }
    assert [name for name, content in kept.items() if PASSWORD.encode() in content] == []
