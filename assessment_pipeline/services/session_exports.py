"""Session exports: the CSV rows that a session must have, held against those that it has.

Rows are rendered by the core from what was derived; the manifest must cover the files that they
stand in.
"""

from collections.abc import Sequence

import msgspec

from assessment_pipeline.core.evaluations import Evaluation
from assessment_pipeline.core.exports import (
    EVIDENCE,
    MANIFEST,
    SCORECARDS,
    SUBSCORES,
    ChunkRows,
    files_hash,
)
from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.core.scorecards import scorecard
from assessment_pipeline.services.exported_rows import rows_starting_with
from assessment_pipeline.services.session_proof import Fact, ScoreProof
from assessment_pipeline.services.stored_day import StoredDay
from assessment_pipeline.storage.files import read_file


def add_exports(
    proof: ScoreProof, stored: StoredDay, record: ScoreRunRecord, evaluations: Sequence[bytes]
) -> None:
    """Add a hop for each CSV file, and one for the manifest."""
    card = scorecard(record)
    day = stored.partition
    decoded = (msgspec.json.decode(line, type=Evaluation) for line in evaluations)
    rows = ChunkRows(day, decoded)
    prefix = f"{day},{record.assessment_id},{record.session_id},{record.attempt},".encode()
    folder = stored.home.export_folder(day)
    manifest = folder / MANIFEST
    wrong, recorded = [], stored.exports.files
    if not manifest.is_file():
        wrong.append(f"exports/{day}/{MANIFEST} is missing")
    elif hash_bytes(read_file(manifest)) != stored.exports.manifest_sha256:
        wrong.append(f"exports/{day}/{MANIFEST} is not as it was written")
    for name, expected in (
        (SCORECARDS, rows.scorecard(card)),
        (SUBSCORES, rows.subscores(card)),
        (EVIDENCE, rows.evidence(card)),
    ):
        where = f"exports/{day}/{name}"
        if not (folder / name).is_file():
            proof.add(name, {"file": where}, [f"{where} is missing"])
            continue
        found = rows_starting_with(folder / name, prefix)
        differences = []
        if found.content != expected:
            lines = ", ".join(map(str, found.lines)) or "none"
            differences.append(
                f"{where} has other rows of this session than are derived (lines: {lines})"
            )
        sha256 = found.stored.sha256
        if name not in recorded or recorded[name].sha256 != sha256:
            wrong.append(f"{where} is {sha256}, which the manifest does not cover")
        facts: dict[str, Fact] = {
            "file": where,
            "lines": tuple(map(str, found.lines)),
            "rows_sha256": hash_bytes(expected),
        }
        proof.add(name, facts, differences)
    if stored.exports.content_hash != (derived := files_hash(recorded)):
        said = stored.exports.content_hash
        wrong.append(f"the content hash of the exports is {said}, derived {derived}")
    manifest_facts: dict[str, Fact] = {
        "file": f"exports/{day}/{MANIFEST}",
        "sha256": stored.exports.manifest_sha256,
    }
    proof.add(MANIFEST, manifest_facts, wrong)
