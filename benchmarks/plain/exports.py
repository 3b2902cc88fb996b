"""CSV exports and their manifest."""

import csv
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from assessment_pipeline.core.versions import (
    ENGINE_VERSION,
    EXPORT_VERSION,
    FEATURE_VERSION,
    READER_VERSION,
)
from benchmarks.plain.deliveries import Response, Snapshot, is_blank
from benchmarks.plain.hashing import canonical_json
from benchmarks.plain.numbers import decimal_text, exact_text
from benchmarks.plain.scoring import ItemScore, ScoreRun

Row = dict[str, Any]

_KEYS = ["delivery_date", "assessment_id", "session_id", "attempt", "candidate_id"]
_COLUMNS = {
    "scorecards.csv": [
        *_KEYS,
        "submitted_at",
        "status",
        "raw_score",
        "raw_score_exact",
        "max_score",
        "percent",
        "scale_score",
        "performance_level",
        "rubric_version",
        "feature_version",
        "engine_version",
        "response_snapshot_id",
        "supersedes",
        "score_run_id",
        "output_hash",
    ],
    "subscores.csv": [
        *_KEYS,
        "dimension",
        "raw_score",
        "raw_score_exact",
        "max_score",
        "percent",
    ],
    "evidence.csv": [
        *_KEYS,
        "item_id",
        "item_status",
        "response_state",
        "response",
        "rule",
        "rubric_version",
        "raw_score",
        "raw_score_exact",
        "max_score",
        "weight",
        "duration_ms",
        "explanation",
        "score_run_id",
    ],
}


class DayExports:
    """The three CSV files of a day; a context manager."""

    def __init__(self, folder: Path, delivery_date: str, rubric_version: str) -> None:
        """Begin the files with their header rows."""
        self._folder = folder
        self._date = delivery_date
        self._rubric_version = rubric_version
        self._stack = ExitStack()
        self._writers: dict[str, csv.DictWriter[str]] = {}
        self._rows = dict.fromkeys(_COLUMNS, 0)
        for name, columns in _COLUMNS.items():
            file = (folder / name).open("w", encoding="utf-8", newline="")
            writer = csv.DictWriter(self._stack.enter_context(file), columns, lineterminator="\n")
            writer.writeheader()
            self._writers[name] = writer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def write(self, snapshot: Snapshot, run: ScoreRun) -> None:
        """Write the rows of one session."""
        session = snapshot.session
        keys = {
            "delivery_date": self._date,
            "assessment_id": session.assessment_id,
            "session_id": session.session_id,
            "attempt": session.attempt,
            "candidate_id": session.candidate_id,
        }
        self._add("scorecards.csv", [keys | self._scorecard(snapshot, run)])
        self._add("subscores.csv", (keys | row for row in _subscores(run)))
        self._add("evidence.csv", [keys | self._evidence(item, run) for item in run.items])

    def _add(self, name: str, rows: Iterable[Row]) -> None:
        for row in rows:
            self._writers[name].writerow(row)
            self._rows[name] += 1

    def _scorecard(self, snapshot: Snapshot, run: ScoreRun) -> Row:
        return {
            "submitted_at": snapshot.session.submitted_at.text,
            "status": "complete",
            "raw_score": decimal_text(run.raw_score),
            "raw_score_exact": exact_text(run.raw_score_exact),
            "max_score": decimal_text(run.max_score),
            "percent": run.percent,
            "scale_score": run.scale_score,
            "performance_level": run.performance_level,
            "rubric_version": self._rubric_version,
            "feature_version": FEATURE_VERSION,
            "engine_version": ENGINE_VERSION,
            "response_snapshot_id": snapshot.response_snapshot_id,
            "supersedes": None,
            "score_run_id": run.score_run_id,
            "output_hash": run.output_hash,
        }

    def _evidence(self, item: ItemScore, run: ScoreRun) -> Row:
        return {
            "item_id": item.item_id,
            "item_status": item.item_status,
            "response_state": item.response_state,
            "response": _response_text(item.response),
            "rule": item.rule.rule,
            "rubric_version": self._rubric_version,
            "raw_score": None if item.raw_score is None else decimal_text(item.raw_score),
            "raw_score_exact": item.raw_score_text,
            "max_score": None if item.max_score is None else decimal_text(item.max_score),
            "weight": item.rule.weight_text,
            "duration_ms": item.response.duration_ms if item.response else None,
            "explanation": item.explanation,
            "score_run_id": run.score_run_id,
        }

    def write_manifest(self, inputs: dict[str, Any]) -> None:
        """Write the manifest over the finished files."""
        self._stack.close()
        files = {}
        for name, rows in self._rows.items():
            path = self._folder / name
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            files[name] = {
                "bytes": path.stat().st_size,
                "rows": rows,
                "sha256": f"sha256:{digest}",
            }
        manifest = {
            "delivery_date": self._date,
            "files": files,
            "inputs": inputs,
            "versions": {
                "engine_version": ENGINE_VERSION,
                "export_version": EXPORT_VERSION,
                "feature_version": FEATURE_VERSION,
                "reader_version": READER_VERSION,
            },
        }
        (self._folder / "manifest.json").write_bytes(canonical_json(manifest))


def _subscores(run: ScoreRun) -> Iterator[Row]:
    for subscore in run.subscores:
        yield {
            "dimension": subscore.dimension,
            "raw_score": decimal_text(subscore.raw_score),
            "raw_score_exact": exact_text(subscore.raw_score),
            "max_score": decimal_text(subscore.max_score),
            "percent": subscore.percent,
        }


def _response_text(response: Response | None) -> str:
    if response is None or is_blank(response.value):
        return ""
    if isinstance(response.value, str):
        return response.value
    return canonical_json(response.value).decode()
