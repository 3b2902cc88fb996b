"""The stored side of a day: what its pointers lead to, and whether that is still what was written.

Holds reading and hashing alone; whether what is stored is right is `services.verify_day`.
"""

import re
from collections.abc import Iterator, Mapping
from copy import copy
from typing import Final, Self, TypeVar

from assessment_pipeline.core.exports import MANIFEST
from assessment_pipeline.errors import IntegrityError
from assessment_pipeline.services.indexes import (
    EXPORTS,
    FEATURES,
    PARTITIONED_ASSETS,
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
    ExportsIndex,
    FeaturesIndex,
    ScorecardsIndex,
    ScoreRunsIndex,
    SnapshotsIndex,
    artifacts_of,
    read_index,
)
from assessment_pipeline.services.steps import VERSIONS
from assessment_pipeline.storage.artifacts import ArtifactRef, artifact_name
from assessment_pipeline.storage.files import hash_file
from assessment_pipeline.storage.home import Home, Pointer

_VERSION: Final = re.compile(r"[A-Za-z0-9._+\-]{1,64}")

Shape = TypeVar(
    "Shape", SnapshotsIndex, FeaturesIndex, ScoreRunsIndex, ScorecardsIndex, ExportsIndex
)


class StoredDay:
    """The stored side of a day: its five indexes, each found through its pointer."""

    def __init__(self, home: Home, partition: str) -> None:
        """Read the indexes; IntegrityError if one is missing or altered."""
        self.home = home
        self.partition = partition
        self.checked: set[str] = set()
        """Names of the artifacts that were held against what was recorded of them."""
        self.made: tuple[str, ...] = PARTITIONED_ASSETS
        """The assets that are to be compared with what their sessions give."""
        self.snapshots = self._index(SNAPSHOTS, SnapshotsIndex)
        self.features = self._index(FEATURES, FeaturesIndex)
        self.score_runs = self._index(SCORE_RUNS, ScoreRunsIndex)
        self.scorecards = self._index(SCORECARDS, ScorecardsIndex)
        self.exports = self._index(EXPORTS, ExportsIndex)

    def with_inputs(
        self,
        made: tuple[str, ...],
        snapshots: SnapshotsIndex,
        features: FeaturesIndex,
        score_runs: ScoreRunsIndex,
    ) -> Self:
        """Return the day with only some of its assets to compare, made from these inputs."""
        other = copy(self)
        other.made = made
        other.snapshots, other.features, other.score_runs = snapshots, features, score_runs
        return other

    def _index(self, asset: str, shape: type[Shape]) -> Shape:
        try:
            return read_index(self.home.artifacts, self.pointer(asset), shape)
        except IntegrityError as error:
            where = f"current/{asset}/{self.partition}.json"
            raise IntegrityError(f"{where} leads to nothing that can be read: {error}") from None

    def pointer(self, asset: str) -> Pointer:
        """Return what is current of an asset."""
        pointer = self.home.pointer(asset, self.partition)
        where = f"current/{asset}/{self.partition}.json"
        if pointer is None:
            raise IntegrityError(f"{where} is missing; run `score` on its day.")
        if (
            (pointer.asset, pointer.partition) != (asset, self.partition)
            or pointer.versions.keys() != VERSIONS.keys()
            or not all(map(_VERSION.fullmatch, pointer.versions.values()))
        ):
            raise IntegrityError(
                f"{where} is not the pointer of this asset and day; run `score` on its day."
            )
        return pointer

    def altered_pointers(self) -> Iterator[str]:
        """Yield a sentence for each pointer that says other than what it leads to."""
        indexes: dict[str, str] = {
            SNAPSHOTS: self.snapshots.content_hash,
            FEATURES: self.features.content_hash,
            SCORE_RUNS: self.score_runs.content_hash,
            SCORECARDS: self.scorecards.content_hash,
            EXPORTS: self.exports.content_hash,
        }
        for asset, content_hash in indexes.items():
            said = self.pointer(asset).content_hash
            if said != content_hash:
                where = f"current/{asset}/{self.partition}.json"
                yield f"{where} says content hash {said}, its index {content_hash}."

    def altered_artifacts(self) -> Iterator[str]:
        """Yield a sentence for each artifact whose bytes are not what its name says."""
        store = self.home.artifacts
        seen: set[ArtifactRef] = set()
        for asset in PARTITIONED_ASSETS:
            # Their bytes were held against the pointers' hashes when they were read.
            self.checked.add(store.path(self.pointer(asset).artifact).name)
        for index in (
            self.snapshots,
            self.features,
            self.score_runs,
            self.scorecards,
            self.exports,
        ):
            for ref in artifacts_of(index):
                if ref not in seen and not store.verifies(ref):
                    state = "altered" if store.path(ref).exists() else "missing"
                    yield f"artifacts/{store.path(ref).name} ({self.partition}) is {state}."
                seen.add(ref)
        documents = [artifact_name(content_hash) for content_hash in self.score_runs.rubrics]
        for name in store.altered(documents):
            yield f"artifacts/{name} (a rubric of {self.partition}) is altered or missing."
        self.checked.update(documents, (store.path(ref).name for ref in seen))

    def altered_exports(self, next_ones: Mapping[str, str] | None = None) -> Iterator[str]:
        """Yield a sentence for each exported file that is not what was recorded of it.

        Nor, in an interrupted day, what the next export has already put in its place.
        """
        coming = next_ones or {}
        folder = self.home.export_folder(self.partition)
        expected = {name: file.sha256 for name, file in self.exports.files.items()}
        expected[MANIFEST] = self.exports.manifest_sha256
        for name, recorded in sorted(expected.items()):
            path = folder / name
            if not path.is_file():
                yield f"exports/{self.partition}/{name} is missing."
            elif (found := hash_file(path).sha256) not in {recorded, coming.get(name)}:
                yield f"exports/{self.partition}/{name} is {found}, recorded as {recorded}."
        quarantine = self.snapshots.quarantine
        if quarantine is not None:
            path = self.home.quarantine / self.partition / quarantine.name
            name = f"quarantine/{self.partition}/{quarantine.name}"
            if not path.is_file():
                yield f"{name} is missing."
            elif (found := hash_file(path).sha256) != quarantine.sha256:
                yield f"{name} is {found}, recorded as {quarantine.sha256}."
