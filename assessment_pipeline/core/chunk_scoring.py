"""Chunk scoring: rubrics applied to captured sessions, each distinct response judged once.

Pure. Each distinct response to an item is evaluated once a chunk by the rule itself
(`core.scoring`) and shared by all sessions that gave it; points are summed as integers over the
chunk's common denominator. What comes out is described in `core.score_runs`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final, NamedTuple, TypeAlias

import msgspec

from assessment_pipeline.core.captured import (
    CapturedResponse,
    CapturedSession,
    decode_session,
    decode_value,
)
from assessment_pipeline.core.features import FeatureExtractor
from assessment_pipeline.core.hashing import Json, canonical_json, hash_bytes
from assessment_pipeline.core.item_readings import ItemReading, SessionReadings
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import ItemResponse, ResponseValue, effective_state
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue, RubricVersion
from assessment_pipeline.core.rubrics.late_work import seconds_late
from assessment_pipeline.core.rules import ItemRule
from assessment_pipeline.core.score_runs import (
    ScoreRun,
    ScoreRunRecord,
    Subscore,
    rubrics_of,
    score_run_id,
)
from assessment_pipeline.core.scoring import ItemScore, SessionTotal, score_item, total_from_sums
from assessment_pipeline.core.versions import ENGINE_VERSION, FEATURE_VERSION

_NO_VALUE: Final = b"null"

_EvaluationKey: TypeAlias = (
    "tuple[str | None, str, str | None, bytes | None, tuple[str, str] | None, bytes | None]"
)
"""All that an evaluation depends on: own rubric, item, delivered state, value, named rubric, and
what features or ratings the rule reads."""


class ScoredSession(NamedTuple):
    """The stored record of a score run and its result, the line its output_hash is taken over."""

    record: ScoreRunRecord
    result: bytes


class SessionToScore(NamedTuple):
    """What a score run starts from: the captured line, its id, and the rubric selected for it."""

    line: bytes
    response_snapshot_id: str
    own_rubric: RubricVersion | None
    rubrics: tuple[str, ...]
    features: bytes | None = None
    """Its line of features; only rubrics with rules over features need it."""


class _Evaluation(NamedTuple):
    score: ItemScore
    value: bytes
    fragment: str


class _Draft(NamedTuple):
    """A session whose items have been evaluated but not yet summed."""

    source: SessionToScore
    session: CapturedSession
    evaluations: list[int]
    durations: list[int | None]


class ChunkScorer:
    """Scores the sessions of one chunk; the same sessions in the same order give the same bytes."""

    def __init__(self, catalogue: RubricCatalogue) -> None:
        """Score by the rubrics of the catalogue."""
        self._catalogue = catalogue
        self._evaluations: list[_Evaluation] = []
        self._numbers: dict[_EvaluationKey, int] = {}
        self._drafts: list[_Draft] = []

    def add(self, source: SessionToScore) -> None:
        """Evaluate the items of a session, each distinct response once."""
        session = decode_session(source.line)
        if session.status == "voided":
            self._drafts.append(_Draft(source, session, [], []))
            return
        own = source.own_rubric
        own_hash = own.content_hash if own else None
        readings = SessionReadings(source.features, source.response_snapshot_id)
        reads = own is not None and own.rubric.reads_beyond_responses
        number_of = self._numbers.get
        found: list[tuple[str, int, int | None]] = []
        for response in session.responses:
            name = response.rubric
            reading = None
            if reads or name:
                reading = readings.of(self._item(own, response), response)
            key = (
                own_hash,
                response.item_id,
                response.state,
                bytes(response.value),
                (name.assessment_id, name.version) if name else None,
                reading.key if reading else None,
            )
            number = number_of(key)
            if number is None:
                number = self._evaluate(key, own, response, reading)
            found.append((response.item_id, number, response.duration_ms))
        if own:
            found.extend(self._absent(own, own_hash, {item_id for item_id, _, _ in found}))
        found.sort()
        self._drafts.append(
            _Draft(
                source,
                session,
                [number for _, number, _ in found],
                [duration for _, _, duration in found],
            )
        )

    def _absent(
        self, own: RubricVersion, own_hash: str | None, delivered: set[str]
    ) -> Iterable[tuple[str, int, None]]:
        for item_id in sorted(own.rubric.items.keys() - delivered):
            key = (own_hash, item_id, "absent", None, None, None)
            number = self._numbers.get(key)
            if number is None:
                number = self._evaluate(key, own, None)
            yield item_id, number, None

    def _evaluate(
        self,
        key: _EvaluationKey,
        own: RubricVersion | None,
        response: CapturedResponse | None,
        reading: ItemReading | None = None,
    ) -> int:
        item_id = key[1]
        raw = _NO_VALUE
        answer = None
        version, named = own, False
        if response is not None:
            raw = bytes(response.value)
            value = decode_value(raw)
            answer = ItemResponse(item_id, value, effective_state(value, response.state))
            if reading is not None:
                answer = replace(answer, features=reading.features, ratings=reading.ratings)
            version, named = self._version(own, response), response.rubric is not None
        score = score_item(item_id, own=own, rubric=version, is_named=named, response=answer)
        number = self._numbers[key] = len(self._evaluations)
        self._evaluations.append(_Evaluation(score, raw, _fragment(score)))
        return number

    def _version(
        self, own: RubricVersion | None, response: CapturedResponse
    ) -> RubricVersion | None:
        """Return the version that scores a response: the one that it names, else its session's."""
        name = response.rubric
        return own if name is None else self._catalogue.named(name.assessment_id, name.version)

    def _item(self, own: RubricVersion | None, response: CapturedResponse) -> ItemRule | None:
        version = self._version(own, response)
        return None if version is None else version.rubric.item(response.item_id)

    def evaluation_lines(self) -> Iterable[bytes]:
        """Yield the distinct evaluations as canonical JSON, in the order of their numbers."""
        for evaluation in self._evaluations:
            score = evaluation.score
            fields: dict[str, Json] = {
                "explanation": score.explanation,
                "item_id": score.item_id,
                "item_status": score.item_status,
                "max_score": _exact(score.max_score),
                "raw_score": _exact(score.raw_score),
                "response": _without_tuples(decode_value(evaluation.value)),
                "response_state": score.response_state,
                "rubric_version": score.rubric_label,
                "rule": score.rule,
                "trace": score.trace,
                "weight": _exact(score.weight),
            }
            yield canonical_json(fields)

    def scored(self) -> Iterable[ScoredSession]:
        """Yield the score runs of the sessions added, in the same order."""
        scores = [evaluation.score for evaluation in self._evaluations]
        denominator = math.lcm(
            *(
                points.denominator
                for score in scores
                for points in (score.raw_score, score.max_score)
                if points is not None
            )
        )
        raw = [_over(score.raw_score, denominator) for score in scores]
        maximum = [_over(score.max_score, denominator) for score in scores]
        for draft in self._drafts:
            numbers = draft.evaluations
            subscores: dict[str, list[int]] = {}
            for number in numbers:
                for dimension in scores[number].dimensions:
                    sums = subscores.setdefault(dimension, [0, 0])
                    sums[0] += raw[number]
                    sums[1] += maximum[number]
            own = draft.source.own_rubric
            total = total_from_sums(
                own.rubric if own else None,
                raw_sum=Fraction(sum(map(raw.__getitem__, numbers)), denominator),
                max_sum=Fraction(sum(map(maximum.__getitem__, numbers)), denominator),
                subscore_sums={
                    name: (Fraction(sums[0], denominator), Fraction(sums[1], denominator))
                    for name, sums in subscores.items()
                },
                item_statuses={scores[number].item_status for number in numbers},
                session_status=draft.session.status,
                seconds_late=_seconds_late(own, draft.session),
            )
            yield self._scored_session(draft, total)

    def _scored_session(self, draft: _Draft, total: SessionTotal) -> ScoredSession:
        source, session = draft.source, draft.session
        subscores = [
            Subscore(each.dimension, exact_text(each.raw_score), exact_text(each.max_score))
            for each in total.subscores
        ]
        fields: dict[str, Json] = {
            "max_score": _exact(total.max_score),
            "performance_level": total.performance_level,
            "raw_score": _exact(total.raw_score),
            "raw_score_exact": _exact(total.raw_score_exact),
            "response_snapshot_id": source.response_snapshot_id,
            "scale_score": total.scale_score,
            "status": total.status,
            "subscores": [subscore._asdict() for subscore in subscores],
        }
        if total.late_penalty is not None:
            fields["late_penalty"] = exact_text(total.late_penalty)
        result = _result_line(
            [self._evaluations[number].fragment for number in draft.evaluations], fields
        )
        record = ScoreRunRecord(
            assessment_id=session.assessment_id,
            attempt=session.attempt,
            candidate_id=session.candidate_id,
            durations=draft.durations,
            evaluations=draft.evaluations,
            max_score=_exact(total.max_score),
            output_hash=hash_bytes(result),
            performance_level=total.performance_level,
            raw_score=_exact(total.raw_score),
            raw_score_exact=_exact(total.raw_score_exact),
            response_snapshot_id=source.response_snapshot_id,
            rubric_version=source.own_rubric.rubric.version if source.own_rubric else None,
            rubrics=list(source.rubrics),
            scale_score=total.scale_score,
            score_run_id=score_run_id(source.response_snapshot_id, source.rubrics),
            session_id=session.session_id,
            status=total.status,
            submitted_at=session.submitted_at,
            subscores=subscores,
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
    features = FeatureExtractor().line(session, response_snapshot_id)
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


def _seconds_late(own: RubricVersion | None, session: CapturedSession) -> Fraction:
    if own is None or own.rubric.policy.late is None:
        return Fraction(0)
    return seconds_late(session.submitted_at, session.due_at)


def _fragment(score: ItemScore) -> str:
    fields: dict[str, Json] = {
        "item_id": score.item_id,
        "item_status": score.item_status,
        "max_score": _exact(score.max_score),
        "raw_score": _exact(score.raw_score),
        "response_state": score.response_state,
    }
    return canonical_json(fields).decode()


def _result_line(fragments: Sequence[str], rest: Mapping[str, Json]) -> bytes:
    """Return the canonical JSON of a result; `items` sorts before all its other fields."""
    return b'{"items":[' + ",".join(fragments).encode() + b"]," + canonical_json(dict(rest))[1:]


def _over(points: Fraction | None, denominator: int) -> int:
    """Return points as an integer number of 1/denominator; nothing counts as none."""
    return 0 if points is None else points.numerator * (denominator // points.denominator)


def _exact(points: Fraction | None) -> str | None:
    return None if points is None else exact_text(points)


def _without_tuples(value: ResponseValue) -> Json:
    return list(value) if isinstance(value, tuple) else value
