"""Homes with exports made by hand: rows that no delivery need bring, written as an export is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from assessment_pipeline.core.exports import (
    COLUMNS,
    EVIDENCE,
    MANIFEST,
    SCORECARDS,
    SUBSCORES,
    ExportedFile,
    csv_cell,
    files_hash,
    header,
    manifest,
)
from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.services.indexes import EXPORTS, ExportsIndex, put_index
from assessment_pipeline.storage.home import Home, Pointer

DAY: Final = "2026-11-20"
_HASH: Final = "sha256:" + "0" * 64
_SESSION: Final = {
    "delivery_date": DAY,
    "assessment_id": "quiz",
    "session_id": "s-1",
    "attempt": "1",
    "candidate_id": "c-1",
}


def card(**cells: str) -> Sequence[str]:
    """Return a row of scorecards.csv: complete, 2 of 3 points, unless told otherwise."""
    usual = {
        **_SESSION,
        "submitted_at": "2026-11-20T10:00:00Z",
        "status": "complete",
        "raw_score": "2",
        "raw_score_exact": "2",
        "max_score": "3",
        "percent": "66.67",
        "feature_version": "1",
        "engine_version": "1",
        "response_snapshot_id": _HASH,
        "score_run_id": _HASH,
        "output_hash": _HASH,
    }
    return _row(SCORECARDS, {**usual, **cells})


def answer(response: str = "", **cells: str) -> Sequence[str]:
    """Return a row of evidence.csv: an item with 1 of 1 point, unless told otherwise."""
    usual = {
        **_SESSION,
        "item_id": "q01",
        "item_status": "scored",
        "response_state": "answered",
        "response": response,
        "rule": "text",
        "rubric_version": "1",
        "raw_score": "1",
        "raw_score_exact": "1",
        "max_score": "1",
        "weight": "1",
        "explanation": "It is right.",
        "score_run_id": _HASH,
    }
    return _row(EVIDENCE, {**usual, **cells})


def subscore(**cells: str) -> Sequence[str]:
    """Return a row of subscores.csv."""
    usual = {
        **_SESSION,
        "dimension": "words",
        "raw_score": "1",
        "raw_score_exact": "1",
        "max_score": "3",
    }
    return _row(SUBSCORES, {**usual, **cells})


def _row(name: str, cells: Mapping[str, str]) -> Sequence[str]:
    assert set(cells) <= set(COLUMNS[name])
    return [cells.get(column, "") for column in COLUMNS[name]]


def exported_home(
    folder: Path,
    *,
    cards: Sequence[Sequence[str]] = (),
    subscores: Sequence[Sequence[str]] = (),
    evidence: Sequence[Sequence[str]] = (),
    day: str = DAY,
) -> Home:
    """Return a home whose day has these rows exported; they come in export order."""
    home = Home(folder)
    rows = {EVIDENCE: evidence, SCORECARDS: cards, SUBSCORES: subscores}
    contents = {
        name: header(name) + "".join(",".join(map(csv_cell, row)) + "\n" for row in table).encode()
        for name, table in rows.items()
    }
    files = {
        name: ExportedFile(len(content), len(rows[name]), hash_bytes(content))
        for name, content in contents.items()
    }
    contents[MANIFEST] = manifest(day, files, {})
    index = ExportsIndex(files_hash(files), files, hash_bytes(contents[MANIFEST]))
    home.export_folder(day).mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (home.export_folder(day) / name).write_bytes(content)
    artifact = put_index(home.artifacts, index)
    home.point(Pointer(artifact, EXPORTS, index.content_hash, "", day, {}))
    return home
