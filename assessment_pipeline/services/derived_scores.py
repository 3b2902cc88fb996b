"""Derived scores: what the score runs of a day must give, from chunks of scores to CSV bytes.

For verification, of a home as of a bundle: hashes and rows alone, made with the core; nothing
that is stored is read here. Holding them against what is stored is `services.verify_day` and
`services.bundle_scores`.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

import msgspec

from assessment_pipeline.core.chunk_scoring import ChunkScorer
from assessment_pipeline.core.evaluations import Evaluation
from assessment_pipeline.core.exports import (
    COLUMNS,
    EVIDENCE,
    ChunkRows,
    ExportedFile,
    header,
    manifest,
)
from assessment_pipeline.core.exports import SCORECARDS as SCORECARDS_CSV
from assessment_pipeline.core.exports import SUBSCORES as SUBSCORES_CSV
from assessment_pipeline.core.hashing import HASH_PREFIX, partition_hash
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.core.scorecards import Scorecard, scorecard
from assessment_pipeline.services.derivation import DerivedSession, HashedLines
from assessment_pipeline.services.indexes import (
    FEATURES,
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
    encode_row,
)

OnRows = Callable[[str, Scorecard, bytes], None]
"""Told the rows that a file must have of a scorecard; files and scorecards come in order."""


class ChunkScores(NamedTuple):
    """One chunk: its score runs, and what the files of it would be named."""

    records: list[ScoreRunRecord]
    lines: Mapping[str, HashedLines]
    """Of `evaluations`, `records` and `results`."""
    scorecards: HashedLines


class DerivedScores:
    """The scored part of a day as it must be; chunks are added in order."""

    def __init__(self, partition: str, on_rows: OnRows | None = None) -> None:
        """Begin with header rows alone."""
        self.partition = partition
        self.csv_rows = 0
        self._on_rows = on_rows
        self._leaves: list[tuple[str, str]] = []
        self._csv = {name: sha256(header(name)) for name in COLUMNS}
        self._bytes = {name: len(header(name)) for name in COLUMNS}
        self._rows = dict.fromkeys(COLUMNS, 0)

    def add(self, sessions: Sequence[DerivedSession], catalogue: RubricCatalogue) -> ChunkScores:
        """Score the sessions of the next chunk, and render their rows."""
        scorer = ChunkScorer(catalogue)
        for session in sessions:
            scorer.add(session.source)
        lines = {name: HashedLines() for name in ("evaluations", "records", "results")}
        chunk = ChunkScores([], lines, HashedLines())
        evaluations: list[bytes] = []
        for scored in scorer.scored():
            chunk.records.append(scored.record)
            lines["results"].add(scored.result)
            lines["records"].add(encode_row(scored.record)[:-1])
            self._leaves.append((scored.record.score_run_id, scored.record.output_hash))
        for line in scorer.evaluation_lines():
            evaluations.append(line)
            lines["evaluations"].add(line)
        self._render(evaluations, chunk)
        return chunk

    def _render(self, evaluations: Sequence[bytes], chunk: ChunkScores) -> None:
        decode = msgspec.json.Decoder(Evaluation).decode
        rows = ChunkRows(self.partition, map(decode, evaluations))
        for record in chunk.records:
            card = scorecard(record)
            chunk.scorecards.add(encode_row(card)[:-1])
            self._write(SCORECARDS_CSV, card, rows.scorecard(card), 1)
            self._write(SUBSCORES_CSV, card, rows.subscores(card), len(card.subscores))
            self._write(EVIDENCE, card, rows.evidence(card), len(card.evidence))

    def _write(self, name: str, card: Scorecard, content: bytes, rows: int) -> None:
        self._csv[name].update(content)
        self._bytes[name] += len(content)
        self._rows[name] += rows
        self.csv_rows += rows
        if self._on_rows is not None:
            self._on_rows(name, card, content)

    @property
    def score_runs(self) -> int:
        """How many score runs there are."""
        return len(self._leaves)

    def content_hash(self) -> str:
        """Return the content hash of the day's score runs, and of its scorecards."""
        return partition_hash(self._leaves)

    def files(self) -> dict[str, ExportedFile]:
        """Return what the manifest must say of each file."""
        return {
            name: ExportedFile(
                self._bytes[name], self._rows[name], HASH_PREFIX + digest.hexdigest()
            )
            for name, digest in self._csv.items()
        }

    def manifest(self, snapshots: str, features: str, rubrics: Sequence[str]) -> bytes:
        """Return manifest.json, given the content hashes of what the scores were made from."""
        scores = self.content_hash()
        inputs = {
            SNAPSHOTS: snapshots,
            FEATURES: features,
            "rubrics": list(rubrics),
            SCORE_RUNS: scores,
            SCORECARDS: scores,
        }
        return manifest(self.partition, self.files(), inputs)
