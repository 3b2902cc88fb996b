"""A process that appends to a ledger: half of its events are its own, half everybody's.

`python -m assessment_pipeline_tests.storage.ledger_appender WRITER APPENDS`; the ledger is named
by LEDGER_PATH or LEDGER_URL in the environment.
"""

import os
import sys
from pathlib import Path

from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.core.ledger_builders import ACTOR, RECORDED_AT, score_run


def append_alternately(writer: int, appends: int) -> None:
    """Append one event a transaction, own and shared ones in turn."""
    path, url = Path(os.environ.get("LEDGER_PATH", "/nowhere")), os.environ.get("LEDGER_URL")
    with Ledger.open(path, url=url, timezone="UTC", recorded_at=RECORDED_AT, actor=ACTOR) as ledger:
        for number in range(appends):
            own = 1_000 * writer + number
            event = score_run(own if number % 2 else number)
            ledger.append([event], recorded_at=RECORDED_AT, run_id=str(writer), actor=ACTOR)


if __name__ == "__main__":
    append_alternately(int(sys.argv[1]), int(sys.argv[2]))
