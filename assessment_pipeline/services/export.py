"""Export a day: scorecards, subscores and evidence as CSV files, and the manifest last."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec

from assessment_pipeline.core.evaluations import Evaluation
from assessment_pipeline.core.exports import (
    EVIDENCE,
    MANIFEST,
    ChunkRows,
    ExportedFile,
    files_hash,
    header,
    manifest,
)
from assessment_pipeline.core.exports import SCORECARDS as SCORECARDS_CSV
from assessment_pipeline.core.exports import SUBSCORES as SUBSCORES_CSV
from assessment_pipeline.core.hashing import Json, hash_bytes
from assessment_pipeline.core.ledger_events import CsvExported, Event
from assessment_pipeline.core.scorecards import Scorecard
from assessment_pipeline.core.versions import EXPORT_VERSION
from assessment_pipeline.errors import NothingThereError
from assessment_pipeline.services.cycles import uncollected
from assessment_pipeline.services.extract import captured_sessions
from assessment_pipeline.services.indexes import (
    EXPORTS,
    FEATURES,
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
    ExportedChunk,
    ExportedPart,
    ExportsIndex,
    FeaturesIndex,
    ScorecardsChunk,
    ScorecardsIndex,
    ScoreRunsIndex,
    SnapshotsIndex,
    current_index,
    previous_index,
    read_rows,
    require_intact,
)
from assessment_pipeline.services.kept_rows import KeptRows
from assessment_pipeline.services.report import scored_sessions
from assessment_pipeline.services.steps import (
    VERSIONS,
    StepResult,
    Workplace,
    input_key,
    is_current,
    point_to,
)
from assessment_pipeline.storage.files import (
    DurableFile,
    StoredBytes,
    make_folder,
    write_durably,
)
from assessment_pipeline.storage.intact_files import INTACT_FILES

FILES: Final = (SCORECARDS_CSV, SUBSCORES_CSV, EVIDENCE)


@uncollected()
def export(place: Workplace, partition: str) -> StepResult:
    """Write a day's CSV files and manifest into the home's export folder."""
    home = place.home
    folder = home.export_folder(partition)
    cards = reported_scorecards(place, partition)
    inputs = _inputs(place, partition, cards)
    key = exports_key(cards, inputs)
    pointer = home.pointer(EXPORTS, partition)
    intact = _standing_export(place, partition)
    if intact is not None and is_current(
        place, pointer, key, intact, [exported_event(partition, intact).dedup_key]
    ):
        return _result(place, partition, inputs, intact, is_changed=False, was_skipped=True)

    make_folder(folder)
    with ExitStack() as stack:
        kept = KeptRows() if intact is None else KeptRows.of(folder, intact, stack)
        require_intact(
            home.artifacts,
            [
                ref
                for chunk in cards.chunks
                if chunk.key not in kept.chunks
                for ref in (chunk.evaluations, chunk.scorecards)
            ],
        )
        written = {name: stack.enter_context(DurableFile(folder)) for name in FILES}
        chunks = _write_chunks(place, partition, cards, written, kept)
        rows = {name: sum(chunk.files[name].rows for chunk in chunks) for name in FILES}
        files = {
            name: ExportedFile(file.stored.bytes, rows[name], file.stored.sha256)
            for name, file in written.items()
        }
        content = manifest(partition, files, inputs)
        index = ExportsIndex(files_hash(files), files, hash_bytes(content), chunks)
        place.record([exported_event(partition, index)])
        for name, file in written.items():
            file.publish(folder / name)
        write_durably(folder / MANIFEST, content)
    point_to(place, EXPORTS, partition, key, index, index.content_hash)
    is_changed = pointer is None or pointer.content_hash != index.content_hash
    return _result(place, partition, inputs, index, is_changed=is_changed, was_skipped=False)


def reported_scorecards(place: Workplace, partition: str) -> ScorecardsIndex:
    """Return the index of a day's scorecards, which must be there."""
    index = current_index(place.home, SCORECARDS, partition, ScorecardsIndex)
    if index is None:
        message = f"There are no scorecards for {partition}; materialize scorecards first."
        raise NothingThereError(message)
    return index


def _standing_export(place: Workplace, partition: str) -> ExportsIndex | None:
    """Return what was exported before, if it is still there and the ledger knows of it."""
    previous = previous_index(place.home, EXPORTS, partition, ExportsIndex)
    if previous is None or not is_exported(place.home.export_folder(partition), previous):
        return None
    key = exported_event(partition, previous).dedup_key
    return None if place.ledger.missing([key]) else previous


def is_exported(folder: Path, index: ExportsIndex) -> bool:
    """Whether the export folder holds the files of the index, byte for byte."""
    expected = {name: StoredBytes(file.sha256, file.bytes) for name, file in index.files.items()}
    paths = [folder / name for name in (*expected, MANIFEST)]
    if not all(path.is_file() for path in paths):
        return False
    found = {name: INTACT_FILES.hash(folder / name) for name in expected}
    manifest_found = INTACT_FILES.hash(folder / MANIFEST)
    return found == expected and manifest_found.sha256 == index.manifest_sha256


def exported_event(
    partition: str, index: ExportsIndex, export_version: str = EXPORT_VERSION
) -> Event:
    """Return what the ledger records of a day's exports."""
    return CsvExported(
        delivery_date=partition,
        content_hash=index.content_hash,
        files={name: file.sha256 for name, file in index.files.items()},
        export_version=export_version,
    ).event()


def _inputs(place: Workplace, partition: str, cards: ScorecardsIndex) -> dict[str, Json]:
    """Return what the manifest names as the inputs of a day as it is now."""
    return manifest_inputs(
        captured_sessions(place, partition),
        current_index(place.home, FEATURES, partition, FeaturesIndex),
        scored_sessions(place, partition),
        cards.content_hash,
    )


def exports_key(
    cards: ScorecardsIndex, inputs: dict[str, Json], versions: Mapping[str, str] = VERSIONS
) -> str:
    """Return the input key of exports of these scorecards and manifest inputs."""
    chunks: Json = [chunk.key for chunk in cards.chunks]
    return input_key(EXPORTS, {"chunks": chunks, "inputs": inputs}, versions)


def manifest_inputs(
    snapshots: SnapshotsIndex,
    features: FeaturesIndex | None,
    runs: ScoreRunsIndex,
    scorecards_hash: str,
) -> dict[str, Json]:
    """Return the content hashes that a manifest names as the exports' inputs."""
    return {
        SNAPSHOTS: snapshots.content_hash,
        FEATURES: features.content_hash if features else None,
        "rubrics": list(runs.rubrics),
        SCORE_RUNS: runs.content_hash,
        SCORECARDS: scorecards_hash,
    }


def _write_chunks(
    place: Workplace,
    partition: str,
    cards: ScorecardsIndex,
    files: Mapping[str, DurableFile],
    kept: KeptRows,
) -> list[ExportedChunk]:
    """Write the rows of all chunks; return how much of each file they are."""
    for name, file in files.items():
        file.write(header(name))
    chunks = []
    for chunk in cards.chunks:
        known = kept.chunks.get(chunk.key)
        if known is None:
            known = _render(place, partition, chunk, files)
        else:
            for name, file in files.items():
                for rows in kept.rows(chunk.key, name):
                    file.write(rows)
            place.progress(EXPORTS, known.files[SCORECARDS_CSV].rows)
        chunks.append(known)
    return chunks


def _render(
    place: Workplace, partition: str, chunk: ScorecardsChunk, files: Mapping[str, DurableFile]
) -> ExportedChunk:
    """Render the rows of a chunk and write them."""
    store = place.home.artifacts
    before = {name: file.written_bytes for name, file in files.items()}
    counts = dict.fromkeys(files, 0)
    decode = msgspec.json.Decoder(Evaluation).decode
    rows = ChunkRows(partition, map(decode, store.lines(chunk.evaluations)))
    for card in read_rows(store, chunk.scorecards, Scorecard):
        files[SCORECARDS_CSV].write(rows.scorecard(card))
        files[SUBSCORES_CSV].write(rows.subscores(card))
        files[EVIDENCE].write(rows.evidence(card))
        counts[SCORECARDS_CSV] += 1
        counts[SUBSCORES_CSV] += len(card.subscores)
        counts[EVIDENCE] += len(card.evidence)
        place.progress(EXPORTS, 1)
    parts = {
        name: ExportedPart(file.written_bytes - before[name], counts[name])
        for name, file in files.items()
    }
    return ExportedChunk(parts, chunk.key)


def _result(
    place: Workplace,
    partition: str,
    inputs: dict[str, Json],
    index: ExportsIndex,
    *,
    is_changed: bool,
    was_skipped: bool,
) -> StepResult:
    return StepResult(
        asset=EXPORTS,
        partition=partition,
        content_hash=index.content_hash,
        input_hashes={SCORECARDS: str(inputs[SCORECARDS])},
        is_changed=is_changed,
        was_skipped=was_skipped,
        counts={name.replace(".csv", "_rows"): file.rows for name, file in index.files.items()},
        rubric_versions=tuple(sorted(scored_sessions(place, partition).rubrics.values())),
    )
