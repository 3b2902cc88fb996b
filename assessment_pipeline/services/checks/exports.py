"""Checks on exports: the files are those of the scorecards, to the byte."""

from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from assessment_pipeline.core.exports import EVIDENCE, MANIFEST, SCORECARDS, header
from assessment_pipeline.core.hashing import Json
from assessment_pipeline.errors import NothingThereError
from assessment_pipeline.services.checks.findings import Finding, finding_of
from assessment_pipeline.services.checks.passed_before import passed_before
from assessment_pipeline.services.export import reported_scorecards
from assessment_pipeline.services.indexes import EXPORTS, ExportsIndex, current_index
from assessment_pipeline.services.report import scored_sessions
from assessment_pipeline.services.steps import Workplace
from assessment_pipeline.storage.files import StoredBytes, blocks_of, read_file
from assessment_pipeline.storage.intact_files import INTACT_FILES

_NEITHER_QUOTE_NOR_LF: Final = bytes(set(range(256)) - set(b'"\n'))


class _Manifest(msgspec.Struct, frozen=True):
    files: msgspec.Raw


def export_matches_scorecards(place: Workplace, partition: str) -> Finding:
    """The CSV files have the rows of the scorecards, and the bytes that the manifest names."""  # noqa: D401 - what must hold
    index = current_index(place.home, EXPORTS, partition, ExportsIndex)
    if index is None:
        message = f"Nothing is exported for {partition}; materialize csv_exports first."
        raise NothingThereError(message)
    folder = place.home.export_folder(partition)
    expected = {
        SCORECARDS: reported_scorecards(place, partition).scorecards,
        EVIDENCE: scored_sessions(place, partition).responses,
    }
    problems = [*_manifest_problems(folder / MANIFEST, index)]
    with passed_before(place, partition, "csv_exports.export_matches_scorecards") as before:
        for name, file in index.files.items():
            path = folder / name
            if not path.is_file():
                problems.append(f"{name} is missing.")
                continue
            is_intact = INTACT_FILES.hash(path) == StoredBytes(file.sha256, file.bytes)
            if not is_intact:
                problems.append(f"{name} is not what was exported.")
            if file.rows != (wanted := expected.get(name, file.rows)):
                problems.append(f"{name} has {file.rows} rows instead of {wanted}.")
            look = partial(_wrong_rows, path, file.rows)
            also: Json = [name, file.rows]
            problems += before.problems_of([file.sha256], look, also, is_intact=is_intact)
    return finding_of(
        [f"{problem} Export the day again." for problem in problems],
        f"{len(index.files)} files are as the manifest and the scorecards say.",
        **{name.replace(".csv", "_rows"): file.rows for name, file in index.files.items()},
    )


def _manifest_problems(path: Path, index: ExportsIndex) -> list[str]:
    if not path.is_file():
        return [f"{path.name} is missing."]
    content = read_file(path)
    if INTACT_FILES.hash(path).sha256 != index.manifest_sha256:
        return [f"{path.name} is not what was exported."]
    files = msgspec.json.decode(content, type=_Manifest).files
    named = msgspec.json.decode(files)
    recorded = msgspec.to_builtins(index.files)
    return [] if named == recorded else [f"{path.name} names other files."]


def _wrong_rows(path: Path, expected: int) -> list[str]:
    problems = []
    if not _starts_with(path, header(path.name)):
        problems.append(f"{path.name} has another header row.")
    rows = _count_rows(path) - 1
    if rows != expected:
        problems.append(f"{path.name} has {rows} rows instead of {expected}.")
    return problems


def _starts_with(path: Path, first: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(first)) == first


def _count_rows(path: Path) -> int:
    """Count the rows of an RFC 4180 file: the line ends that lie outside quotes."""
    rows = 0
    is_quoted = False
    for block in blocks_of(path):
        # Of what is left nearly all are line ends: two quotes with none between them are no part.
        parts = block.translate(None, _NEITHER_QUOTE_NOR_LF).replace(b'""', b"").split(b'"')
        rows += sum(map(len, parts[is_quoted::2]))
        is_quoted ^= len(parts) % 2 == 0
    return rows
