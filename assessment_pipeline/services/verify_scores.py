"""Verify the scored part of a day: score runs, scorecards and exports, derived anew.

Everything before them is `services.verify_day`, which derives the sessions.
"""

from collections.abc import Iterator
from itertools import zip_longest

from assessment_pipeline.core.exports import MANIFEST, ExportedFile, files_hash
from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.services.derivation import DayDerivation
from assessment_pipeline.services.derived_scores import ChunkScores, DerivedScores
from assessment_pipeline.services.indexes import (
    EXPORTS,
    SCORE_RUNS,
    SCORECARDS,
    ExportsIndex,
    FeaturesIndex,
    ScorecardsIndex,
    ScoreChunk,
    ScoreRunsIndex,
    SnapshotsIndex,
    encode_row,
)
from assessment_pipeline.services.stored_day import StoredDay
from assessment_pipeline.services.verification import DayChecked
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline.storage.files import sliced


class ScoredDay:
    """The scored part of a day: score runs, scorecards and exports."""

    def __init__(
        self,
        stored: StoredDay,
        derived: DayDerivation,
        catalogue: RubricCatalogue,
        day: DayChecked,
    ) -> None:
        """Compare what is `made` of a stored day with what its derivation and rubrics give."""
        self._stored = stored
        self._derived = derived
        self._catalogue = catalogue
        self._day = day
        self._scores = DerivedScores(stored.partition)
        self.export_hashes: dict[str, str] = {}
        """What the day's exported files must be, once all is compared: sha256 by name."""

    def compare(self) -> Iterator[str]:
        """Yield every difference."""
        stored = self._stored
        with sliced(self._derived.scratch) as lines:
            chunks = self._derived.chunks(self._catalogue, lines, stored.score_runs.cut)
            for number, (chunk, sessions) in enumerate(
                zip_longest(stored.score_runs.chunks, chunks)
            ):
                if sessions is None:
                    what = f"chunk {number} has no sessions behind it"
                    yield f"score_runs {stored.partition}: {what}."
                    continue
                scores = self._scores.add(sessions, self._catalogue)
                yield from self._compare_chunk(number, chunk, scores)
        self._day.score_runs = self._scores.score_runs
        self._day.csv_rows += self._scores.csv_rows
        content = self._scores.content_hash()
        for asset, index in ((SCORE_RUNS, stored.score_runs), (SCORECARDS, stored.scorecards)):
            if asset in stored.made:
                yield from differs(f"{asset} {stored.partition}: content hash", index, content)
        yield from self._compare_exports()

    def _compare_chunk(
        self, number: int, chunk: ScoreChunk | None, scores: ChunkScores
    ) -> Iterator[str]:
        if chunk is None:
            missing = len(scores.records)
            yield f"score_runs {self._stored.partition}: {missing} score runs are missing."
            return
        for name, lines in scores.lines.items():
            ref: ArtifactRef = getattr(chunk, name)
            if SCORE_RUNS in self._stored.made and ref.sha256 != lines.sha256:
                yield from self._name_differences(number, name, ref, scores.records)
        if SCORECARDS in self._stored.made and number < len(self._stored.scorecards.chunks):
            stored_cards = self._stored.scorecards.chunks[number].scorecards
            if stored_cards.sha256 != scores.scorecards.sha256:
                yield (
                    f"scorecards {self._stored.partition}: chunk {number} is not what its score "
                    "runs give."
                )

    def _name_differences(
        self,
        number: int,
        name: str,
        ref: ArtifactRef,
        records: list[ScoreRunRecord],
    ) -> Iterator[str]:
        """Name the sessions of a chunk whose stored line is not the derived one."""
        where = f"score_runs {self._stored.partition}"
        store = self._stored.home.artifacts
        if name != "records" or not store.path(ref).is_file():
            yield f"{where}: the {name} of chunk {number} are not what its sessions give."
            return
        for found, record in zip_longest(store.lines(ref), records):
            expected = None if record is None else encode_row(record)[:-1]
            if found != expected:
                session = "a session too many" if record is None else f"session {record.session_id}"
                yield f"{where}: {session} is scored otherwise by its responses and rubric."

    def _compare_exports(self) -> Iterator[str]:
        stored = self._stored
        files = self._scores.files()
        where = f"exports/{stored.partition}"
        expected = hash_bytes(
            self._scores.manifest(
                stored.snapshots.content_hash,
                stored.features.content_hash,
                list(stored.score_runs.rubrics),
            )
        )
        self.export_hashes = {name: file.sha256 for name, file in files.items()}
        self.export_hashes[MANIFEST] = expected
        if EXPORTS not in stored.made:
            return
        for name, file in sorted(files.items()):
            recorded = stored.exports.files.get(name)
            if recorded != file:
                yield (
                    f"{where}/{name} was exported as {_facts(recorded)}, "
                    f"the score runs give {_facts(file)}."
                )
        yield from differs(f"csv_exports {stored.partition}", stored.exports, files_hash(files))
        if expected != stored.exports.manifest_sha256:
            yield f"{where}/{MANIFEST} is not what the day gives."


def _facts(file: ExportedFile | None) -> str:
    return "nothing" if file is None else f"{file.sha256} ({file.bytes} bytes, {file.rows} rows)"


def differs(
    name: str,
    index: SnapshotsIndex | FeaturesIndex | ScoreRunsIndex | ScorecardsIndex | ExportsIndex,
    derived: str,
) -> Iterator[str]:
    """Yield that an index has another content hash than was derived, if it has."""
    if index.content_hash != derived:
        yield f"{name} is {index.content_hash}, derived {derived}."
