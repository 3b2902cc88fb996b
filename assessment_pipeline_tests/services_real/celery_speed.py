"""Partitions a minute on Celery workers and in one process, as docs/celery.md quotes them.

    python -m assessment_pipeline_tests.services_real.celery_speed [DAYS] [SESSIONS]

No test: figures belong to a machine, and hold only while it does nothing else.
"""

import sys
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from time import monotonic
from typing import Final

from assessment_pipeline_tests.cli.command_lines import run_fresh
from assessment_pipeline_tests.deliveries import response, session
from assessment_pipeline_tests.installations import Installation
from assessment_pipeline_tests.redis import private_redis
from assessment_pipeline_tests.services_real.backfills import all_done, launch_backfill
from assessment_pipeline_tests.services_real.celery_workers import awaited, celery_workers
from assessment_pipeline_tests.services_real.served_pages import served_page

FIRST: Final = date(2025, 11, 1)
ITEMS: Final = 20
MOST_SECONDS: Final = 900


def delivered(folder: Path, days: Sequence[str], sessions: int) -> Installation:
    """Return a home with the same number of sessions on each day."""
    installation = Installation(folder)
    items = "\n".join(f"  q{item:02}: {{rule: match_correct, correct: B}}" for item in range(ITEMS))
    installation.write_rubric("1", f'assessment_id: numeracy\nversion: "1"\nitems:\n{items}\n')
    for number, day in enumerate(days):
        lines = [
            session(
                session_id=f"s-{number}-{each}",
                candidate_id=f"c-{each}",
                responses=[
                    response(f"q{item:02}", "ABCD"[(each + item * 7) % 4], duration_ms=1000 + item)
                    for item in range(ITEMS)
                ],
            )
            for each in range(sessions)
        ]
        installation.deliver(*lines, day=day)
    return installation


def main() -> None:
    """Measure one process, one worker and two."""
    given = [int(text) for text in sys.argv[1:]]
    count, sessions = (*given, *(8, 1000)[len(given) :])
    days = [(FIRST + timedelta(days=number)).isoformat() for number in range(count)]
    with tempfile.TemporaryDirectory() as name, private_redis() as redis:
        folder = Path(name)
        alone = delivered(folder / "alone", days, sessions)
        began = monotonic()
        done = run_fresh("score", home=alone.home.folder)
        assert done.returncode == 0, done.stderr
        tell("score, one process", count, monotonic() - began)
        for workers in (1, 2):
            spread = delivered(folder / f"spread-{workers}", days, sessions)
            settings = {
                "ASSESSMENT_PIPELINE_CELERY_BROKER_URL": redis.url,
                "ASSESSMENT_PIPELINE_CELERY_QUEUE": f"speed-{workers}",
                "ASSESSMENT_PIPELINE_FIRST_DATE": days[0],
            }
            spread.home.create()
            with (
                celery_workers(folder, spread.home.folder, workers, **settings),
                served_page(spread.home.folder, **settings) as page,
            ):
                began = monotonic()
                launch_backfill(page, days)
                awaited(lambda page=page: all_done(page, days), MOST_SECONDS, "every day")  # type: ignore[misc]
                tell(f"{workers} Celery worker(s)", count, monotonic() - began)


def tell(what: str, days: int, seconds: float) -> None:
    """Print one line of figures."""
    print(f"{what}: {days} days in {seconds:.1f} s, {days * 60 / seconds:.1f} a minute")  # noqa: T201


if __name__ == "__main__":
    main()
