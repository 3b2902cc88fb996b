"""Session hops: one session of one day, derived anew from its raw line and compared hop by hop.

Raw line -> snapshot -> features -> rubrics -> score run -> items -> totals. Of all that is stored
only what belongs to the session is held against the day's deliveries, which are read once. What
follows is `services.session_exports` and `services.session_entries`.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice
from typing import NamedTuple, TypeVar

import msgspec

from assessment_pipeline.core.chunk_scoring import ChunkScorer, ScoredSession
from assessment_pipeline.core.evaluations import Evaluation
from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.core.points import exact_text, read_exact
from assessment_pipeline.core.resubmissions import Outcome
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue, RubricVersion
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.core.scorecards import scorecard
from assessment_pipeline.services.derivation import DayDerivation, DerivedRecord
from assessment_pipeline.services.indexes import (
    CapturedFile,
    CapturedRecord,
    FeatureRow,
    ScoreChunk,
    StandingSession,
    read_rows,
)
from assessment_pipeline.services.session_exports import add_exports
from assessment_pipeline.services.session_proof import Fact, ScoreProof
from assessment_pipeline.services.stored_day import StoredDay
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline.storage.files import sliced

Row = TypeVar("Row", bound=msgspec.Struct)

_TOTALS = ("status", "raw_score_exact", "raw_score", "max_score", "scale_score")


class StoredSession(NamedTuple):
    """What is stored of the delivery of a session that stands."""

    file: CapturedFile
    record: CapturedRecord
    features: FeatureRow


class SessionHops:
    """The hops of one session of a day."""

    def __init__(
        self,
        stored: StoredDay,
        derived: DayDerivation,
        catalogue: RubricCatalogue,
        rubric_files: Mapping[str, str],
    ) -> None:
        """Prove sessions of a day; `rubric_files` has the content hash of each file, by label."""
        self._stored = stored
        self._derived = derived
        self._catalogue = catalogue
        self._rubric_files = rubric_files

    def prove(self, proof: ScoreProof) -> ScoredSession | None:
        """Add every hop to a proof; return the derived score run, if there is one."""
        session = (proof.session_id, proof.attempt)
        before = self._stored_session(*session)
        record = self._standing(*session)
        self._deliveries(proof, record, before)
        if record is None:
            return None
        self._snapshot(proof, record, before)
        if record.submission.status == "in_progress":
            proof.not_scored = "it is in_progress: kept and counted, not scored"
            return None
        with sliced(self._derived.scratch) as lines:
            source = self._derived.session(record, self._catalogue, lines).source
        scorer = ChunkScorer(self._catalogue)
        scorer.add(source)
        (scored,) = scorer.scored()
        evaluations = list(scorer.evaluation_lines())
        self._score_run(proof, scored, source.own_rubric, evaluations)
        add_exports(proof, self._stored, scored.record, evaluations)
        return scored

    def file_of(self, proof: ScoreProof) -> int | None:
        """Return the place of the delivery file in which a session that stands was found."""
        record = self._standing(proof.session_id, proof.attempt)
        return None if record is None else record.file

    def _standing(self, session_id: str, attempt: int) -> DerivedRecord | None:
        for record in self._derived.standing:
            if record.submission[:2] == (session_id, attempt):
                return record
        return None

    def _rows(self, ref: ArtifactRef, shape: type[Row]) -> Iterator[Row]:
        return read_rows(self._stored.home.artifacts, ref, shape)

    def _stored_session(self, session_id: str, attempt: int) -> StoredSession | None:
        snapshots = self._stored.snapshots
        for row in self._rows(snapshots.sessions, StandingSession):
            if (row.session_id, row.attempt) == (session_id, attempt):
                file = snapshots.files[row.file]
                features = self._stored.features.chunks[row.file].rows
                return StoredSession(
                    file,
                    next(islice(self._rows(file.records, CapturedRecord), row.record, None)),
                    next(islice(self._rows(features, FeatureRow), row.record, None)),
                )
        return None

    def _deliveries(
        self, proof: ScoreProof, record: DerivedRecord | None, before: StoredSession | None
    ) -> None:
        day = f"deliveries/{self._stored.partition}"
        others, facts = [], dict[str, Fact]()
        for each, outcome in zip(self._derived.records, self._derived.outcomes, strict=True):
            if each.submission[:2] == (proof.session_id, proof.attempt) and each is not record:
                name = self._derived.files[each.file].name
                others.append(f"{_OUTCOMES[outcome]}: {day}/{name}, line {each.line}")
        differences = []
        if before is not None:
            captured = f"{day}/{before.file.name}, line {before.record.line}"
        if record is None:
            differences.append(f"{captured if before else day} does not give this session any more")
        else:
            raw, file = (
                self._derived.raw_lines[record.file, record.line],
                self._derived.files[record.file],
            )
            place = f"{day}/{file.name}, line {record.line}"
            facts = {
                "file": f"{day}/{file.name}",
                "line": record.line,
                "byte_offset": raw.byte_offset,
                "raw_sha256": raw.raw_sha256,
                "file_sha256": file.sha256,
            }
            if before is None:
                differences.append(f"{place} was not captured as what stands")
            elif captured != place:
                differences.append(f"{captured} was captured as what stands, derived {place}")
            elif before.record.byte_offset != raw.byte_offset:
                differences.append(
                    f"{place} begins at byte {raw.byte_offset}, "
                    f"captured at {before.record.byte_offset}"
                )
            if before is not None and captured == place and before.file.sha256 != file.sha256:
                differences.append(
                    f"{day}/{file.name} is {file.sha256}, captured as {before.file.sha256}"
                )
        proof.add("delivery", {**facts, "other_deliveries": tuple(others)}, differences)

    def _snapshot(
        self, proof: ScoreProof, record: DerivedRecord, before: StoredSession | None
    ) -> None:
        snapshot_id = record.submission.response_snapshot_id
        stored_id = None if before is None else before.record.response_snapshot_id
        proof.add(
            "response_snapshot",
            {"response_snapshot_id": snapshot_id},
            _differs("response_snapshot_id", stored_id, snapshot_id),
        )
        features_hash = None if before is None else before.features.features_hash
        proof.add(
            "features",
            {"features_hash": record.features_hash},
            _differs("features hash", features_hash, record.features_hash),
        )

    def _score_run(
        self,
        proof: ScoreProof,
        scored: ScoredSession,
        own: RubricVersion | None,
        evaluations: Sequence[bytes],
    ) -> None:
        found = self._stored_run(proof.session_id, proof.attempt)
        chunk, number, run = found or (None, 0, None)
        self._rubrics(proof, run)
        record = scored.record
        run_id = None if run is None else run.score_run_id
        proof.add(
            "score_run",
            {"score_run_id": record.score_run_id},
            _differs("score_run_id", run_id, record.score_run_id),
        )
        lines = [evaluations[place] for place in record.evaluations]
        proof.items = tuple(msgspec.json.decode(line, type=Evaluation) for line in lines)
        differences = []
        if chunk is not None and run is not None:
            kept = list(self._stored.home.artifacts.lines(chunk.evaluations))
            stored_lines = [kept[place] for place in run.evaluations]
            differences += [
                f"item {item_id} is not stored as it is derived"
                for item_id in sorted(_item_ids(set(lines) ^ set(stored_lines)))
            ]
        else:
            differences.append("no score run is stored")
        proof.add("items", {"items": len(lines)}, differences)
        wrong = [
            difference
            for name in (*_TOTALS, "performance_level")
            for difference in _differs(name, getattr(run, name, None), getattr(record, name))
            if run is not None
        ]
        proof.add("total", self._total(proof, scored, own), wrong)
        result = []
        if chunk is not None and run is not None:
            line = next(islice(self._stored.home.artifacts.lines(chunk.results), number, None), b"")
            result = [
                *_differs("output_hash", run.output_hash, record.output_hash),
                *_differs("the stored result's hash", hash_bytes(line), record.output_hash),
            ]
        proof.add("result", {"output_hash": record.output_hash}, result)

    def _stored_run(
        self, session_id: str, attempt: int
    ) -> tuple[ScoreChunk, int, ScoreRunRecord] | None:
        for chunk in self._stored.score_runs.chunks:
            for number, run in enumerate(self._rows(chunk.records, ScoreRunRecord)):
                if (run.session_id, run.attempt) == (session_id, attempt):
                    return chunk, number, run
        return None

    def _rubrics(self, proof: ScoreProof, run: ScoreRunRecord | None) -> None:
        for content_hash in () if run is None else run.rubrics:
            label = self._stored.score_runs.rubrics.get(content_hash, "of an unknown name")
            now = self._rubric_files.get(label)
            wrong = []
            if now != content_hash:
                state = "gone, or cannot be read" if now is None else now
                wrong = [f"rubrics/{label}.yaml scored as {content_hash} and is {state} now"]
            proof.add("rubric", {"label": label, "content_hash": content_hash}, wrong)

    def _total(
        self, proof: ScoreProof, scored: ScoredSession, own: RubricVersion | None
    ) -> dict[str, Fact]:
        result = msgspec.json.decode(scored.result)
        points = (read_exact(each.raw_score) for each in proof.items if each.raw_score is not None)
        facts: dict[str, Fact] = {"sum_of_items": exact_text(sum(points, Fraction(0)))}
        if "late_penalty" in result:
            facts["late_penalty"] = result["late_penalty"]
        policy = None if own is None else own.rubric.policy
        floor = Fraction(0) if policy is None else policy.floor
        facts["floor"] = None if floor is None else exact_text(floor)
        rounding = None if policy is None else policy.rounding
        facts["rounding"] = (
            None if rounding is None else f"{rounding.mode}, {rounding.decimals} decimals"
        )
        facts.update({name: getattr(scored.record, name) for name in _TOTALS})
        facts["percent"] = scorecard(scored.record).percent
        facts["performance_level"] = scored.record.performance_level
        return facts


_OUTCOMES: Mapping[Outcome, str] = {
    Outcome.STANDING: "stands",
    Outcome.REPLACED: "superseded",
    Outcome.DUPLICATE: "duplicate",
    Outcome.CONFLICTING: "quarantined as conflicting_resubmission",
}


def _item_ids(lines: set[bytes]) -> set[str]:
    return {msgspec.json.decode(line, type=Evaluation).item_id for line in lines}


def _differs(name: str, stored: object, derived: object) -> list[str]:
    if stored == derived:
        return []
    if name in {*_TOTALS, "performance_level"}:
        return [f"{name} is not stored as it is derived"]
    return [f"{name} is {'not stored' if stored is None else stored}, derived {derived}"]
