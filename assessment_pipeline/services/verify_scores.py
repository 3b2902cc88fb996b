"""Verify the scored part of a day: score runs, scorecards and exports, derived anew.

Everything before them is `services.verify_day`, which derives the sessions.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import zip_longest

import msgspec

from assessment_pipeline.core.chunk_scoring import ChunkScorer
from assessment_pipeline.core.exports import (
    COLUMNS,
    EVIDENCE,
    MANIFEST,
    ChunkRows,
    Evaluation,
    ExportedFile,
    files_hash,
    header,
    manifest,
)
from assessment_pipeline.core.exports import SCORECARDS as SCORECARDS_CSV
from assessment_pipeline.core.exports import SUBSCORES as SUBSCORES_CSV
from assessment_pipeline.core.hashing import HASH_PREFIX, hash_bytes, partition_hash
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.core.scorecards import Scorecard, scorecard
from assessment_pipeline.services.derivation import DayDerivation, HashedLines
from assessment_pipeline.services.export import manifest_inputs
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
from assessment_pipeline.storage.files import mapped


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
        self._csv = {name: sha256(header(name)) for name in COLUMNS}
        self._bytes = {name: len(header(name)) for name in COLUMNS}
        self._rows = dict.fromkeys(COLUMNS, 0)
        self.export_hashes: dict[str, str] = {}
        """What the day's exported files must be, once all is compared: sha256 by name."""

    def compare(self) -> Iterator[str]:
        """Yield every difference."""
        stored, leaves = self._stored, list[tuple[str, str]]()
        with mapped(self._derived.scratch) as lines:
            chunks = self._derived.chunks(self._catalogue, memoryview(lines))
            for number, (chunk, sessions) in enumerate(
                zip_longest(stored.score_runs.chunks, chunks)
            ):
                if sessions is None:
                    what = f"chunk {number} has no sessions behind it"
                    yield f"score_runs {stored.partition}: {what}."
                    continue
                scorer = ChunkScorer(self._catalogue)
                for session in sessions:
                    scorer.add(session.source)
                yield from self._compare_chunk(number, chunk, scorer, leaves)
        self._day.score_runs = len(leaves)
        content = partition_hash(leaves)
        for asset, index in ((SCORE_RUNS, stored.score_runs), (SCORECARDS, stored.scorecards)):
            if asset in stored.made:
                yield from differs(f"{asset} {stored.partition}: content hash", index, content)
        yield from self._compare_exports(content)

    def _compare_chunk(
        self,
        number: int,
        chunk: ScoreChunk | None,
        scorer: ChunkScorer,
        leaves: list[tuple[str, str]],
    ) -> Iterator[str]:
        derived = {name: HashedLines() for name in ("evaluations", "records", "results")}
        cards, evaluations, records = HashedLines(), list[bytes](), list[ScoreRunRecord]()
        for scored in scorer.scored():
            records.append(scored.record)
            derived["results"].add(scored.result)
            derived["records"].add(encode_row(scored.record)[:-1])
            leaves.append((scored.record.score_run_id, scored.record.output_hash))
        for line in scorer.evaluation_lines():
            evaluations.append(line)
            derived["evaluations"].add(line)
        self._render(evaluations, records, cards)
        if chunk is None:
            yield f"score_runs {self._stored.partition}: {len(records)} score runs are missing."
            return
        for name, lines in derived.items():
            ref: ArtifactRef = getattr(chunk, name)
            if SCORE_RUNS in self._stored.made and ref.sha256 != lines.sha256:
                yield from self._name_differences(number, name, ref, records)
        if SCORECARDS in self._stored.made and number < len(self._stored.scorecards.chunks):
            stored_cards = self._stored.scorecards.chunks[number].scorecards
            if stored_cards.sha256 != cards.sha256:
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

    def _render(
        self, evaluations: Iterable[bytes], records: Iterable[ScoreRunRecord], cards: HashedLines
    ) -> None:
        decode = msgspec.json.Decoder(Evaluation).decode
        rows = ChunkRows(self._stored.partition, map(decode, evaluations))
        for record in records:
            card = scorecard(record)
            cards.add(encode_row(card)[:-1])
            self._write(SCORECARDS_CSV, rows.scorecard(card), 1)
            self._write(SUBSCORES_CSV, rows.subscores(card), len(card.subscores))
            self._write(EVIDENCE, rows.evidence(card), _items(card))

    def _write(self, name: str, text: str, rows: int) -> None:
        content = text.encode()
        self._csv[name].update(content)
        self._bytes[name] += len(content)
        self._rows[name] += rows
        self._day.csv_rows += rows

    def _compare_exports(self, scorecards_hash: str) -> Iterator[str]:
        stored = self._stored
        files = {
            name: ExportedFile(
                self._bytes[name], self._rows[name], HASH_PREFIX + digest.hexdigest()
            )
            for name, digest in self._csv.items()
        }
        where = f"exports/{stored.partition}"
        inputs = manifest_inputs(
            stored.snapshots, stored.features, stored.score_runs, scorecards_hash
        )
        inputs[SCORE_RUNS] = scorecards_hash
        expected = hash_bytes(manifest(stored.partition, files, inputs))
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


def _items(card: Scorecard) -> int:
    return len(card.evidence)


def differs(
    name: str,
    index: SnapshotsIndex | FeaturesIndex | ScoreRunsIndex | ScorecardsIndex | ExportsIndex,
    derived: str,
) -> Iterator[str]:
    """Yield that an index has another content hash than was derived, if it has."""
    if index.content_hash != derived:
        yield f"{name} is {index.content_hash}, derived {derived}."
