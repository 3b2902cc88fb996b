"""What the artifacts of a partition hold: an index an asset, and the rows it leads to.

Shapes only. Rows are JSON lines; an index is one canonical JSON object that names its chunks by
the sha256 of their bytes. docs/life-of-a-response.md draws how they hang together.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from assessment_pipeline.core.captured import RubricName
from assessment_pipeline.core.exports import ExportedFile
from assessment_pipeline.core.hashing import Json, canonical_json
from assessment_pipeline.errors import IntegrityError
from assessment_pipeline.storage.artifacts import ArtifactRef, ArtifactStore
from assessment_pipeline.storage.home import Home, Pointer

SNAPSHOTS = "response_snapshots"
FEATURES = "response_features"
SCORE_RUNS = "score_runs"
SCORECARDS = "scorecards"
EXPORTS = "csv_exports"
RUBRICS = "rubrics"
ITEM_STATISTICS = "item_statistics"
SCORECARD_PAGES = "scorecard_pages"
PARTITIONED_ASSETS = (SNAPSHOTS, FEATURES, SCORE_RUNS, SCORECARDS, EXPORTS)


class CapturedRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One valid record of a delivery file: what it is, and where its canonical line lies."""

    response_snapshot_id: str
    session_id: str
    attempt: int
    assessment_id: str
    status: str
    submitted_at: str | None
    supersedes: str | None
    rubric_names: list[RubricName]
    offset: int
    length: int
    line: int
    byte_offset: int


class RejectedLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line of a delivery file that was refused; its bytes stay in the delivery file."""

    line: int
    byte_offset: int
    raw_sha256: str
    reason: str
    detail: str


class CapturedFile(msgspec.Struct, frozen=True):
    """One delivery file: its bytes, and the artifacts made from them."""

    bytes: int
    lines: ArtifactRef
    lines_read: int
    name: str
    reader_version: str
    records: ArtifactRef
    rejected: ArtifactRef
    sha256: str


class StandingSession(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One session that counts on its day, in export order; `file` and `record` say whose."""

    assessment_id: str
    session_id: str
    attempt: int
    status: str
    submitted_at: str | None
    response_snapshot_id: str
    rubric_names: list[RubricName]
    file: int
    record: int
    offset: int
    length: int


class CaptureCounts(msgspec.Struct, frozen=True):
    """What became of the lines of a day: accepted + duplicates + quarantined = lines_read."""

    accepted: int
    duplicates: int
    in_progress: int
    lines_read: int
    quarantined: int
    replaced: int
    standing: int


class SubmissionRange(msgspec.Struct, frozen=True):
    """The first and the last moment at which sessions of an assessment were submitted."""

    first: str
    last: str


class QuarantineFile(msgspec.Struct, frozen=True):
    """The file of a day's rejected records, below quarantine/<day>/."""

    name: str
    sha256: str


class SnapshotsIndex(msgspec.Struct, frozen=True):
    """The captured sessions of a day.

    `assessments` and `rubric_names` are all that the choice of rubrics depends on.
    """

    assessments: dict[str, SubmissionRange]
    content_hash: str
    counts: CaptureCounts
    files: list[CapturedFile]
    quarantine: QuarantineFile | None
    reasons: dict[str, int]
    rubric_names: list[RubricName]
    sessions: ArtifactRef


class FeatureRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where the features of one captured record lie, and their hash."""

    features_hash: str
    offset: int
    length: int


class FeaturesChunk(msgspec.Struct, frozen=True):
    """The features of one delivery file's records, in the same order."""

    features: ArtifactRef
    key: str
    rows: ArtifactRef


class FeaturesIndex(msgspec.Struct, frozen=True):
    """The features of a day."""

    chunks: list[FeaturesChunk]
    content_hash: str
    sessions: int


class ScoreChunk(msgspec.Struct, frozen=True):
    """Some score runs that lie next to each other: their records, results and evaluations."""

    evaluations: ArtifactRef
    key: str
    records: ArtifactRef
    responses: int
    results: ArtifactRef
    sessions: int


class ScoreRunsIndex(msgspec.Struct, frozen=True):
    """The score runs of a day, and the rubrics (content hash to label) that made them."""

    assessments_without_rubric: list[str]
    chunks: list[ScoreChunk]
    content_hash: str
    rubrics: dict[str, str]
    responses: int
    sessions: int
    statuses: dict[str, int]
    cut: int = 1
    """How sessions are cut into chunks (`core.score_runs`); earlier releases wrote none."""


class ScorecardsChunk(msgspec.Struct, frozen=True):
    """The scorecards of one chunk of score runs; their evidence points into `evaluations`."""

    evaluations: ArtifactRef
    key: str
    scorecards: ArtifactRef


class ScorecardsIndex(msgspec.Struct, frozen=True):
    """The scorecards of a day."""

    chunks: list[ScorecardsChunk]
    content_hash: str
    scorecards: int
    statuses: dict[str, int]


class ExportedPart(msgspec.Struct, frozen=True):
    """How much of a file the rows of a chunk are."""

    bytes: int
    rows: int


class ExportedChunk(msgspec.Struct, frozen=True):
    """The rows of one chunk of scorecards, in each file; chunks lie one after another."""

    files: dict[str, ExportedPart]
    key: str


class ExportsIndex(msgspec.Struct, frozen=True):
    """The exports of a day: what the manifest says of the files, and the manifest's own hash.

    Earlier releases have not written which rows are those of which chunk.
    """

    content_hash: str
    files: dict[str, ExportedFile]
    manifest_sha256: str
    chunks: list[ExportedChunk] = []


class PagesIndex(msgspec.Struct, frozen=True):
    """The pages of a day; it names none, so that nothing of a session that is erased is left."""

    content_hash: str
    pages: int
    page_version: str


Index = TypeVar(
    "Index",
    SnapshotsIndex,
    FeaturesIndex,
    ScoreRunsIndex,
    ScorecardsIndex,
    ExportsIndex,
    PagesIndex,
)
Row = TypeVar("Row", bound=msgspec.Struct)


_encoder = msgspec.json.Encoder(order="sorted")


def encode_row(row: msgspec.Struct) -> bytes:
    """Return a row as one JSON line."""
    return _encoder.encode(row) + b"\n"


def put_index(store: ArtifactStore, index: msgspec.Struct) -> ArtifactRef:
    """Store an index as one line of canonical JSON."""
    fields: Json = msgspec.to_builtins(index)
    return store.put(canonical_json(fields) + b"\n")


def read_index(store: ArtifactStore, pointer: Pointer, shape: type[Index]) -> Index:
    """Read the index that a pointer leads to; IntegrityError if it is none."""
    try:
        return msgspec.json.decode(store.read(pointer.artifact), type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _no_row(store, pointer.artifact) from None


def read_rows(store: ArtifactStore, ref: ArtifactRef, shape: type[Row]) -> Iterator[Row]:
    """Yield the rows of an artifact; IntegrityError if it holds others."""
    decode = msgspec.json.Decoder(shape).decode
    try:
        for line in store.lines(ref):
            yield decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _no_row(store, ref) from None


def _no_row(store: ArtifactStore, ref: ArtifactRef) -> IntegrityError:
    return IntegrityError(
        f"Artifact {store.path(ref).name} does not hold what its day's index says; restore it from "
        "a backup, or run `score` on its day."
    )


def artifacts_of(index: msgspec.Struct) -> Iterator[ArtifactRef]:
    """Yield every artifact that an index names, each once."""
    seen: set[ArtifactRef] = set()
    pending: list[object] = [index]
    while pending:
        part = pending.pop()
        if isinstance(part, ArtifactRef):
            if part not in seen:
                seen.add(part)
                yield part
        elif isinstance(part, list):
            pending.extend(part)
        elif isinstance(part, msgspec.Struct):
            pending.extend(getattr(part, field) for field in part.__struct_fields__)


def current_index(home: Home, asset: str, partition: str, shape: type[Index]) -> Index | None:
    """Return the current index of an asset's partition, if there is one."""
    pointer = home.pointer(asset, partition)
    return None if pointer is None else read_index(home.artifacts, pointer, shape)


def previous_index(home: Home, asset: str, partition: str, shape: type[Index]) -> Index | None:
    """Return what a step made before; nothing if that is lost or altered, so that it is remade."""
    pointer = home.pointer(asset, partition)
    if pointer is None or not home.artifacts.holds(pointer.artifact):
        return None
    return read_index(home.artifacts, pointer, shape)


def require_intact(store: ArtifactStore, refs: Iterable[ArtifactRef]) -> None:
    """Raise IntegrityError unless what a step is about to read is as it was written."""
    for ref in refs:
        if not store.holds(ref):
            message = (
                f"Artifact {store.path(ref).name} is missing or altered; run `score` on its day, "
                "which makes it again."
            )
            raise IntegrityError(message)
