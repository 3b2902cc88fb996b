"""Events and chains for tests of the audit ledger, each made from a number."""

from collections.abc import Iterable

from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.core.ledger import EMPTY, Entry, build_entries
from assessment_pipeline.core.ledger_decisions import (
    RescoreRequested,
    ScorePublished,
    ScorePublishFailed,
    SnapshotErased,
)
from assessment_pipeline.core.ledger_events import (
    CsvExported,
    DeliveryCaptured,
    Event,
    LedgerAnchored,
    LedgerCreated,
    ResponseSnapshotsCaptured,
    RubricPublished,
    ScorecardsGenerated,
    ScoringRunCreated,
    SessionRescored,
    SnapshotConflict,
    session_subject,
)

RECORDED_AT = "2026-11-21T02:00:00Z"
ACTOR = "tests"


def sha(text: str) -> str:
    """Return a content hash like any other."""
    return hash_bytes(text.encode())


def score_run(number: int, *, output: str = "output") -> Event:
    """Return the event of one score run; the same number is the same score_run_id."""
    return ScoringRunCreated(
        score_run_id=sha(f"run {number}"),
        response_snapshot_id=sha(f"snapshot {number}"),
        rubrics=(sha("rubric"),),
        output_hash=sha(f"{output} {number}"),
        engine_version="1",
        feature_version="1",
    ).event(session_subject(f"s-{number}", 1))


def delivery(*, accepted: int = 9, duplicates: int = 1, sha256: str = "file") -> DeliveryCaptured:
    """Return the payload of one delivery file with two bad lines."""
    return DeliveryCaptured(
        delivery_date="2026-11-20",
        sha256=sha(sha256),
        bytes=4_096,
        lines_read=accepted + duplicates + 2,
        accepted=accepted,
        duplicates=duplicates,
        quarantined=2,
        reasons={"empty_line": 1, "malformed_json": 1},
        reader_version="1",
    )


def one_of_each() -> list[Event]:
    """Return an event of every kind."""
    first, second = sorted((sha("monday"), sha("tuesday")))
    return [
        LedgerCreated(timezone="Europe/Berlin").event(),
        delivery().event(),
        ResponseSnapshotsCaptured(
            delivery_date="2026-11-20",
            content_hash=sha("snapshots"),
            sessions=8,
            lines_read=12,
            accepted=9,
            duplicates=1,
            quarantined=2,
            quarantine_sha256=None,
            reader_version="1",
        ).event(),
        SnapshotConflict(
            response_snapshot_ids=(first, second), delivery_dates=("2026-11-20", "2026-11-19")
        ).event(session_subject("s-000017", 1)),
        RubricPublished(
            assessment_id="numeracy",
            version="3",
            content_hash=sha("rubric"),
            structure_hash=sha("structure"),
        ).event(),
        score_run(0),
        SessionRescored(
            old_score_run_id=sha("old run"),
            old_response_snapshot_id=sha("old snapshot"),
            old_output_hash=sha("old output"),
            new_score_run_id=sha("new run"),
            new_response_snapshot_id=sha("new snapshot"),
            new_output_hash=sha("new output"),
        ).event(session_subject("s-000017", 1)),
        ScorecardsGenerated(
            delivery_date="2026-11-20",
            content_hash=sha("scorecards"),
            scorecards=8,
            engine_version="1",
            export_version="1",
        ).event(),
        CsvExported(
            delivery_date="2026-11-20",
            content_hash=sha("files"),
            files={"scorecards.csv": sha("a"), "evidence.csv": sha("b")},
            export_version="1",
        ).event(),
        LedgerAnchored(seq=9, entry_hash=sha("entry")).event(),
        RescoreRequested(
            request_id="ticket-7", delivery_date="2026-11-20", rubrics=(sha("rubric"),)
        ).event(),
        ScorePublished(
            request_id="job-1",
            destination="gradebook",
            score_run_id=sha("run 0"),
            output_hash=sha("output 0"),
        ).event(session_subject("s-000017", 1)),
        ScorePublishFailed(
            request_id="job-1",
            destination="gradebook",
            score_run_id=sha("run 0"),
            reason="not_reachable",
        ).event(session_subject("s-000017", 1)),
        SnapshotErased(
            request_id="ticket-7",
            delivery_date="2026-11-20",
            response_snapshot_id=sha("snapshot 0"),
            has_stood=True,
            snapshots_root=sha("snapshots"),
            score_run_id=sha("run 0"),
            output_hash=sha("output 0"),
            scorecards_root=sha("scorecards"),
        ).event(session_subject("s-000017", 1)),
    ]


def chain(events: Iterable[Event]) -> list[Entry]:
    """Return the entries of a whole ledger."""
    return build_entries(EMPTY, events, recorded_at=RECORDED_AT, run_id=None, actor=ACTOR)
