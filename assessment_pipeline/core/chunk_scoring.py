"""Chunk scoring: rubrics applied to captured sessions, each distinct response judged once.

Pure. Each distinct response to an item is evaluated once a chunk by the rule itself
(`core.scoring`) and shared by all sessions that gave it; what tells them apart is
`sessions_to_score`. Summing is `chunk_totals`, the line of a result `session_results`.
What comes out is described in `core.score_runs`.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final, NamedTuple, TypeAlias

import msgspec

from assessment_pipeline.core.captured import (
    CapturedHeader,
    CapturedResponse,
    decode_session,
    decode_value,
)
from assessment_pipeline.core.chunk_totals import (
    VOIDED,
    ChunkTotals,
    TotalTexts,
    optional_text,
)
from assessment_pipeline.core.evaluations import Evaluation
from assessment_pipeline.core.features import FeatureExtractor
from assessment_pipeline.core.hashing import hash_bytes, plain_json
from assessment_pipeline.core.item_readings import ItemReading
from assessment_pipeline.core.responses import ItemResponse, effective_state
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue, RubricVersion
from assessment_pipeline.core.rubrics.late_work import seconds_late
from assessment_pipeline.core.score_runs import (
    ScoreRun,
    ScoreRunRecord,
    rubrics_of,
    score_run_id,
)
from assessment_pipeline.core.scoring import ItemScore, ItemScorer
from assessment_pipeline.core.session_results import item_fragment, result_line
from assessment_pipeline.core.sessions_to_score import (
    EvaluationKey,
    SessionToScore,
    session_parts,
    version_of,
)
from assessment_pipeline.core.versions import ENGINE_VERSION, FEATURE_VERSION

_NO_VALUE: Final = b"null"

_Known: TypeAlias = dict[EvaluationKey, int]
"""Numbers of evaluations."""


class ScoredSession(NamedTuple):
    """The stored record of a score run and its result, the line its output_hash is taken over."""

    record: ScoreRunRecord
    result: bytes


class _Evaluation(NamedTuple):
    score: ItemScore
    value: bytes
    """The response, as canonical JSON."""


class _Draft(NamedTuple):
    """A session whose items have been evaluated but not yet summed; items in item_id order."""

    source: SessionToScore
    session: CapturedHeader
    evaluations: list[int]
    durations: list[int | None]


class ChunkScorer:
    """Scores the sessions of one chunk; the same sessions in the same order give the same bytes."""

    def __init__(self, catalogue: RubricCatalogue) -> None:
        """Score by the rubrics of the catalogue."""
        self._catalogue = catalogue
        self._evaluations: list[_Evaluation] = []
        self._item_ids: list[str] = []
        self._fragments: list[bytes] = []
        """What a result says of an item; this and the item by the number of the evaluation."""
        self._known: dict[str | None, _Known] = {}
        """By the session's own rubric, which an evaluation always depends on."""
        self._scorers: dict[tuple[str | None, str | None, bool, str], ItemScorer] = {}
        self._drafts: list[_Draft] = []

    def add(self, source: SessionToScore) -> None:
        """Evaluate the items of a session, each distinct response once."""
        own = source.own_rubric
        known = self._known.setdefault(_hash_of(own), {})
        parts = session_parts(source, self._catalogue)
        number_of, durations = known.get, parts.durations
        numbers = [
            self._evaluate(known, key, own, *parts.response(place))
            if (number := number_of(key)) is None
            else number
            for place, key in enumerate(parts.keys)
        ]
        if own and parts.header.status != "voided":
            absent = self._absent(own, known, numbers)
            numbers += absent
            durations += [None] * len(absent)
        self._drafts.append(_Draft(source, parts.header, *self._in_order(numbers, durations)))

    def _absent(self, own: RubricVersion, known: _Known, numbers: Sequence[int]) -> list[int]:
        delivered = map(self._item_ids.__getitem__, numbers)
        found = []
        for item_id in sorted(own.rubric.item_ids.difference(delivered)):
            key = ("absent", item_id)
            number = known.get(key)
            if number is None:
                number = self._score(known, key, own, own, ItemResponse(item_id, None, "absent"))
            found.append(number)
        return found

    def _in_order(
        self, numbers: list[int], durations: list[int | None]
    ) -> tuple[list[int], list[int | None]]:
        """Return evaluations and durations in item_id order, which most are in already."""
        item_ids = list(map(self._item_ids.__getitem__, numbers))
        if item_ids == sorted(item_ids):
            return numbers, durations
        order = sorted(range(len(item_ids)), key=item_ids.__getitem__)
        return [numbers[place] for place in order], [durations[place] for place in order]

    def _evaluate(
        self,
        known: _Known,
        key: EvaluationKey,
        own: RubricVersion | None,
        response: CapturedResponse,
        reading: ItemReading | None,
    ) -> int:
        raw = bytes(response.value)
        value = decode_value(raw)
        answer = ItemResponse(
            response.item_id,
            value,
            effective_state(value, response.state),
            None if reading is None else reading.features,
            () if reading is None else reading.ratings,
        )
        version = version_of(response, own, self._catalogue)
        return self._score(
            known, key, own, version, answer, raw, is_named=response.rubric is not None
        )

    def _score(
        self,
        known: _Known,
        key: EvaluationKey,
        own: RubricVersion | None,
        version: RubricVersion | None,
        answer: ItemResponse,
        raw: bytes = _NO_VALUE,
        *,
        is_named: bool = False,
    ) -> int:
        by = (_hash_of(own), _hash_of(version), is_named, answer.item_id)
        scorer = self._scorers.get(by)
        if scorer is None:
            scorer = self._scorers[by] = ItemScorer(
                answer.item_id, own=own, rubric=version, is_named=is_named
            )
        score = scorer.score(answer)
        number = known[key] = len(self._evaluations)
        self._evaluations.append(_Evaluation(score, raw))
        self._fragments.append(item_fragment(score))
        self._item_ids.append(answer.item_id)
        return number

    def evaluation_lines(self) -> Iterable[bytes]:
        """Yield the distinct evaluations as canonical JSON, in the order of their numbers."""
        for score, value in self._evaluations:
            yield plain_json(
                Evaluation(
                    score.explanation,
                    score.item_id,
                    score.item_status,
                    optional_text(score.max_score),
                    optional_text(score.raw_score),
                    msgspec.Raw(value),
                    score.response_state,
                    score.rubric_label,
                    score.rule,
                    msgspec.Raw(plain_json(score.trace)),
                    optional_text(score.weight),
                )
            )

    def scored(self) -> Iterable[ScoredSession]:
        """Yield the score runs of the sessions added, in the same order."""
        most = max((len(draft.evaluations) for draft in self._drafts), default=0)
        totals = ChunkTotals([evaluation.score for evaluation in self._evaluations], most)
        for draft in self._drafts:
            own = draft.source.own_rubric
            if draft.session.status == "voided":
                total = VOIDED
            else:
                late = _seconds_late(own, draft.session)
                total = totals.total(own, draft.evaluations, late)
            yield self._scored_session(draft, total)

    def _scored_session(self, draft: _Draft, total: TotalTexts) -> ScoredSession:
        source, session = draft.source, draft.session
        items = map(self._fragments.__getitem__, draft.evaluations)
        result = result_line(source.response_snapshot_id, items, total)
        record = ScoreRunRecord(
            assessment_id=session.assessment_id,
            attempt=session.attempt,
            candidate_id=session.candidate_id,
            durations=draft.durations,
            evaluations=draft.evaluations,
            max_score=total.max_score,
            output_hash=hash_bytes(result),
            performance_level=total.performance_level,
            raw_score=total.raw_score,
            raw_score_exact=total.raw_score_exact,
            response_snapshot_id=source.response_snapshot_id,
            rubric_version=source.own_rubric.rubric.version if source.own_rubric else None,
            rubrics=list(source.rubrics),
            scale_score=total.scale_score,
            score_run_id=score_run_id(source.response_snapshot_id, source.rubrics),
            session_id=session.session_id,
            status=total.status,
            submitted_at=session.submitted_at,
            subscores=total.subscores,
            supersedes=session.supersedes,
        )
        return ScoredSession(record, result)


def score_session(
    line: bytes, response_snapshot_id: str, catalogue: RubricCatalogue, own: RubricVersion | None
) -> ScoreRun:
    """Score one captured session by itself, for people and tests."""
    session = decode_session(line)
    names = {
        (name.assessment_id, name.version)
        for response in session.responses
        if (name := response.rubric) is not None
    }
    rubrics = rubrics_of(own, names, catalogue)
    scorer = ChunkScorer(catalogue)
    features = FeatureExtractor().line(line, response_snapshot_id)
    scorer.add(SessionToScore(line, response_snapshot_id, own, rubrics, features))
    (scored,) = scorer.scored()
    return ScoreRun(
        score_run_id=scored.record.score_run_id,
        response_snapshot_id=response_snapshot_id,
        rubrics=rubrics,
        engine_version=ENGINE_VERSION,
        feature_version=FEATURE_VERSION,
        output_hash=scored.record.output_hash,
        result=msgspec.json.decode(scored.result),
    )


def _hash_of(version: RubricVersion | None) -> str | None:
    return None if version is None else version.content_hash


def _seconds_late(own: RubricVersion | None, session: CapturedHeader) -> Fraction:
    if own is None or own.rubric.policy.late is None:
        return Fraction(0)
    return seconds_late(session.submitted_at, session.due_at)
