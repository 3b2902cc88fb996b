"""`python -m benchmarks.ledger_batch FILE COUNT`: CPU of a batch append, and of verifying it.

Prints JSON. Starting Python is left out; making the events is told apart from appending them.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path
from time import process_time

from assessment_pipeline.core.ledger_events import Event, ScoringRunCreated, session_subject
from assessment_pipeline.core.versions import ENGINE_VERSION, FEATURE_VERSION
from assessment_pipeline.storage.ledger import Ledger

_RECORDED_AT = "2025-11-21T02:00:00Z"


def measure(path: Path, count: int) -> dict[str, float]:
    """Append so many score runs in one batch, and verify the ledger."""
    began = process_time()
    events = list(map(_event, range(count)))
    made = process_time()
    with Ledger.open(path, timezone="UTC", recorded_at=_RECORDED_AT, actor="bench") as ledger:
        opened = process_time()
        appended = ledger.append(events, recorded_at=_RECORDED_AT, run_id="bench", actor="bench")
        stored = process_time()
    verifying = process_time()
    with Ledger.read(path) as ledger:
        problems = ledger.verify()
    verified = process_time()
    if problems or appended.count != count:
        raise RuntimeError(f"{appended.count} entries appended, {len(problems)} problems")
    return {
        "events_seconds": made - began,
        "append_seconds": stored - opened,
        "verify_seconds": verified - verifying,
    }


def _event(number: int) -> Event:
    def of(name: str) -> str:
        return "sha256:" + sha256(f"{name} {number}".encode()).hexdigest()

    return ScoringRunCreated(
        score_run_id=of("run"),
        response_snapshot_id=of("snapshot"),
        rubrics=("sha256:" + sha256(b"rubric").hexdigest(),),
        output_hash=of("output"),
        engine_version=ENGINE_VERSION,
        feature_version=FEATURE_VERSION,
    ).event(session_subject(f"s-{number:08}", 1))


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))  # noqa: T201
