"""Extract the features of a day's captured sessions, delivery file by delivery file."""

from assessment_pipeline.core.features import FeatureExtractor
from assessment_pipeline.core.hashing import content_hash, hash_bytes, partition_hash
from assessment_pipeline.core.versions import FEATURE_VERSION
from assessment_pipeline.errors import NothingThereError
from assessment_pipeline.services.cycles import uncollected
from assessment_pipeline.services.indexes import (
    FEATURES,
    SNAPSHOTS,
    CapturedFile,
    FeatureRow,
    FeaturesChunk,
    FeaturesIndex,
    SnapshotsIndex,
    StandingSession,
    current_index,
    encode_row,
    previous_index,
    read_rows,
    require_intact,
)
from assessment_pipeline.services.steps import (
    StepResult,
    Workplace,
    input_key,
    is_current,
    point_to,
)
from assessment_pipeline.storage.artifacts import ArtifactRef


def captured_sessions(place: Workplace, partition: str) -> SnapshotsIndex:
    """Return the index of a day's captured sessions, which must be there."""
    index = current_index(place.home, SNAPSHOTS, partition, SnapshotsIndex)
    if index is None:
        message = f"Nothing is captured for {partition}; materialize response_snapshots first."
        raise NothingThereError(message)
    return index


def captured_artifacts(index: SnapshotsIndex) -> list[ArtifactRef]:
    """Return the artifacts of a captured day that later steps read."""
    return [index.sessions, *(file.lines for file in index.files)]


@uncollected()
def extract(place: Workplace, partition: str) -> StepResult:
    """Extract and store the features of every captured response of a day."""
    snapshots = captured_sessions(place, partition)
    key = input_key(
        FEATURES,
        {
            "sessions": snapshots.sessions.sha256,
            "lines": [file.lines.sha256 for file in snapshots.files],
        },
    )
    pointer = place.home.pointer(FEATURES, partition)
    previous = previous_index(place.home, FEATURES, partition, FeaturesIndex)
    if is_current(place, pointer, key, previous, ()) and previous is not None:
        return _result(partition, snapshots, previous, is_changed=False, was_skipped=True)

    require_intact(place.home.artifacts, captured_artifacts(snapshots))
    known = {chunk.key: chunk for chunk in previous.chunks} if previous else {}
    chunks = []
    for file in snapshots.files:
        chunk = known.get(features_key(file))
        if chunk is None or not _holds(place, chunk):
            chunk = _extract_file(place, file)
        chunks.append(chunk)
    index = _index(place, snapshots, chunks)
    point_to(place, FEATURES, partition, key, index, index.content_hash)
    is_changed = pointer is None or pointer.content_hash != index.content_hash
    return _result(partition, snapshots, index, is_changed=is_changed, was_skipped=False)


def features_key(file: CapturedFile) -> str:
    """Return the key of a captured file's features: the same key is the same features."""
    return content_hash({"feature_version": FEATURE_VERSION, "lines": file.lines.sha256})


def _holds(place: Workplace, chunk: FeaturesChunk) -> bool:
    store = place.home.artifacts
    return store.holds(chunk.features) and store.holds(chunk.rows)


def _extract_file(place: Workplace, file: CapturedFile) -> FeaturesChunk:
    store = place.home.artifacts
    extractor = FeatureExtractor()
    with store.writer() as features, store.writer() as rows:
        offset = 0
        for line in store.lines(file.lines):
            features_line = extractor.line(line, hash_bytes(line))
            features.write(features_line + b"\n")
            row = FeatureRow(hash_bytes(features_line), offset, len(features_line))
            rows.write(encode_row(row))
            offset += len(features_line) + 1
            place.progress(FEATURES, 1)
        return FeaturesChunk(features.finish(), features_key(file), rows.finish())


def _index(
    place: Workplace, snapshots: SnapshotsIndex, chunks: list[FeaturesChunk]
) -> FeaturesIndex:
    store = place.home.artifacts
    hashes = [
        [row.features_hash for row in read_rows(store, chunk.rows, FeatureRow)] for chunk in chunks
    ]
    leaves = [
        (session.response_snapshot_id, hashes[session.file][session.record])
        for session in read_rows(store, snapshots.sessions, StandingSession)
    ]
    return FeaturesIndex(
        chunks=chunks,
        content_hash=partition_hash(leaves),
        sessions=len(leaves),
    )


def _result(
    partition: str,
    snapshots: SnapshotsIndex,
    index: FeaturesIndex,
    *,
    is_changed: bool,
    was_skipped: bool,
) -> StepResult:
    return StepResult(
        asset=FEATURES,
        partition=partition,
        content_hash=index.content_hash,
        input_hashes={SNAPSHOTS: snapshots.content_hash},
        is_changed=is_changed,
        was_skipped=was_skipped,
        counts={"sessions": index.sessions},
    )
