"""The audit ledger: hash-chained entries in SQLite, through SQLAlchemy, in batches."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    insert,
)

from assessment_pipeline.core.versions import ENGINE_VERSION, FEATURE_VERSION
from benchmarks.plain.deliveries import Snapshot
from benchmarks.plain.hashing import canonical_json, content_hash
from benchmarks.plain.scoring import ScoreRun

_DOMAIN = b"assessment-pipeline/ledger/v1\0"
_BATCH = 1_000
_METADATA = MetaData()
_ENTRIES = Table(
    "ledger_entry",
    _METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("prev_hash", LargeBinary(32), nullable=False, unique=True),
    Column("entry_hash", LargeBinary(32), nullable=False, unique=True),
    Column("dedup_key", Text, nullable=False, unique=True),
    Column("event_type", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)


class Ledger:
    """A new ledger in a file, whose entries are one transaction; a context manager."""

    def __init__(self, path: Path) -> None:
        """Make the table."""
        self._engine = create_engine(f"sqlite:///{path}")
        _METADATA.create_all(self._engine)
        self._transaction = self._engine.begin()
        self._connection: Connection = self._transaction.__enter__()
        self._recorded_at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        self._seq = 0
        self._head = bytes(32)
        self._pending: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
        self._transaction.__exit__(kind, error, trace)
        self._engine.dispose()

    def record(self, snapshot: Snapshot, run: ScoreRun, rubric_hash: str) -> None:
        """Record that a session was scored."""
        session = snapshot.session
        event_type = "SCORING_RUN_CREATED"
        dedup_key = f"{event_type}:{run.score_run_id}"
        subject = content_hash({"attempt": session.attempt, "session_id": session.session_id})
        self._seq += 1
        body = canonical_json(
            {
                "actor": "plain",
                "dedup_key": dedup_key,
                "event_type": event_type,
                "payload": {
                    "engine_version": ENGINE_VERSION,
                    "feature_version": FEATURE_VERSION,
                    "output_hash": run.output_hash,
                    "response_snapshot_id": snapshot.response_snapshot_id,
                    "rubrics": [rubric_hash],
                    "score_run_id": run.score_run_id,
                },
                "recorded_at": self._recorded_at,
                "run_id": None,
                "seq": self._seq,
                "subject": subject,
                "v": 1,
            }
        )
        entry_hash = sha256(_DOMAIN + self._head + body).digest()
        self._pending.append(
            {
                "seq": self._seq,
                "prev_hash": self._head,
                "entry_hash": entry_hash,
                "dedup_key": dedup_key,
                "event_type": event_type,
                "subject": subject,
                "body": body,
            }
        )
        self._head = entry_hash
        if len(self._pending) == _BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            self._connection.execute(insert(_ENTRIES), self._pending)
            self._pending.clear()
