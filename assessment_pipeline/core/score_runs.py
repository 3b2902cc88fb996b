"""Score runs: one rubric applied to one response snapshot, chunk by chunk.

Pure. Each distinct response to an item is evaluated once a chunk by the rule itself
(`core.scoring`) and shared by all sessions that gave it; points are summed as integers over the
chunk's common denominator. A result is one line of canonical JSON whose sha256 is the
output_hash; docs/hashes.md describes its fields. Storing is `services.score`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

import msgspec
from pydantic import BaseModel, ConfigDict

from assessment_pipeline.core.captured import (
    CapturedResponse,
    CapturedSession,
    decode_session,
    decode_value,
)
from assessment_pipeline.core.hashing import Json, canonical_json, content_hash, hash_bytes
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import ItemResponse, effective_state
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue, RubricVersion
from assessment_pipeline.core.scoring import ItemScore, SessionTotal, score_item, total_from_sums
from assessment_pipeline.core.versions import ENGINE_VERSION, FEATURE_VERSION
from assessment_pipeline.errors import IntegrityError

_NO_VALUE: Final = b"null"


# A chunk of score runs ends where these last bits of an id are zero: after 2,048 on average.
_CHUNK_MASK: Final = 2048 - 1
_CHUNK_MOST: Final = 4 * 2048


def ends_chunk(last_score_run_id: str, sessions: int) -> bool:
    """Whether a chunk of so many sessions ends with this score run.

    Cut by content, so that one more session changes one chunk and not all that follow it.
    """
    return sessions == _CHUNK_MOST or int(last_score_run_id[-4:], 16) & _CHUNK_MASK == 0


def score_run_id(response_snapshot_id: str, rubrics: Iterable[str]) -> str:
    """Return the id of a score run, which is the hash of all that its result depends on.

    `rubrics` are the content hashes of the session's own rubric and of those its items name.
    """
    return content_hash(
        {
            "engine_version": ENGINE_VERSION,
            "feature_version": FEATURE_VERSION,
            "response_snapshot_id": response_snapshot_id,
            "rubrics": sorted(set(rubrics)),
        }
    )


class ScoreRun(BaseModel):
    """One score run, as people and tests read it; equal input gives an equal id."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    score_run_id: str
    response_snapshot_id: str
    rubrics: tuple[str, ...]
    engine_version: str
    feature_version: str
    output_hash: str
    result: dict[str, Any]

    def content_hash(self) -> str:
        """Return the hash of the input: the id that this score run must have."""
        return content_hash(
            {
                "engine_version": self.engine_version,
                "feature_version": self.feature_version,
                "response_snapshot_id": self.response_snapshot_id,
                "rubrics": sorted(self.rubrics),
            }
        )

    def verify(self) -> None:
        """Raise IntegrityError if the id or the output hash is not what the content gives."""
        derived = {"score_run_id": self.content_hash(), "output_hash": content_hash(self.result)}
        for name, expected in derived.items():
            found = getattr(self, name)
            if found != expected:
                message = f"Score run {self.score_run_id}: {name} is {found}, derived {expected}."
                raise IntegrityError(message)


class Subscore(NamedTuple):
    """The exact points of one dimension."""

    dimension: str
    raw_score_exact: str
    max_score: str


class ScoreRunRecord(msgspec.Struct, frozen=True, gc=False):
    """One score run as stored beside its result line: what was scored, by what, to what total.

    `evaluations` are line numbers (from 0) of the chunk's evaluations, in item_id order, and
    `durations` their milliseconds. Points are exact text.
    """

    assessment_id: str
    attempt: int
    candidate_id: str
    durations: list[int | None]
    evaluations: list[int]
    max_score: str | None
    output_hash: str
    performance_level: str | None
    raw_score: str | None
    raw_score_exact: str | None
    response_snapshot_id: str
    rubric_version: str | None
    rubrics: list[str]
    scale_score: str | None
    score_run_id: str
    session_id: str
    status: str
    submitted_at: str | None
    subscores: list[Subscore]
    supersedes: str | None


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
        self._numbers: dict[tuple[str | None, str, str | None, bytes | None, Any], int] = {}
        self._drafts: list[_Draft] = []

    def add(self, source: SessionToScore) -> None:
        """Evaluate the items of a session, each distinct response once."""
        session = decode_session(source.line)
        if session.status == "voided":
            self._drafts.append(_Draft(source, session, [], []))
            return
        own = source.own_rubric
        own_hash = own.content_hash if own else None
        number_of = self._numbers.get
        found: list[tuple[str, int, int | None]] = []
        for response in session.responses:
            name = response.rubric
            key = (
                own_hash,
                response.item_id,
                response.state,
                bytes(response.value),
                (name.assessment_id, name.version) if name else None,
            )
            number = number_of(key)
            if number is None:
                number = self._evaluate(key, own, response)
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
        for item_id in own.rubric.items.keys() - delivered:
            key = (own_hash, item_id, "absent", None, None)
            number = self._numbers.get(key)
            if number is None:
                number = self._evaluate(key, own, None)
            yield item_id, number, None

    def _evaluate(
        self,
        key: tuple[str | None, str, str | None, bytes | None, Any],
        own: RubricVersion | None,
        response: CapturedResponse | None,
    ) -> int:
        item_id = key[1]
        raw = _NO_VALUE
        answer = None
        version, named = own, False
        if response is not None:
            raw = bytes(response.value)
            value = decode_value(raw)
            answer = ItemResponse(item_id, value, effective_state(value, response.state))
            if response.rubric is not None:
                name = response.rubric
                version, named = self._catalogue.named(name.assessment_id, name.version), True
        score = score_item(item_id, own=own, rubric=version, is_named=named, response=answer)
        number = self._numbers[key] = len(self._evaluations)
        self._evaluations.append(_Evaluation(score, raw, _fragment(score)))
        return number

    def evaluation_lines(self) -> Iterable[bytes]:
        """Yield the chunk's distinct evaluations as canonical JSON, in the order of their numbers."""
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
            )
            yield self._scored_session(draft, total)

    def _scored_session(self, draft: _Draft, total: SessionTotal) -> ScoredSession:
        source, session = draft.source, draft.session
        subscores = [
            Subscore(subscore.dimension, exact_text(subscore.raw_score), exact_text(subscore.max_score))
            for subscore in total.subscores
        ]
        result = _result_line(
            [self._evaluations[number].fragment for number in draft.evaluations],
            {
                "max_score": _exact(total.max_score),
                "performance_level": total.performance_level,
                "raw_score": _exact(total.raw_score),
                "raw_score_exact": _exact(total.raw_score_exact),
                "response_snapshot_id": source.response_snapshot_id,
                "scale_score": total.scale_score,
                "status": total.status,
                "subscores": [subscore._asdict() for subscore in subscores],
            },
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
    scorer.add(SessionToScore(line, response_snapshot_id, own, rubrics))
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


def rubrics_of(
    own: RubricVersion | None, names: Iterable[tuple[str, str]], catalogue: RubricCatalogue
) -> tuple[str, ...]:
    """Return the content hashes of the rubrics a session is scored by, sorted."""
    named = (catalogue.named(assessment_id, version) for assessment_id, version in names)
    found = {version.content_hash for version in (own, *named) if version is not None}
    return tuple(sorted(found))


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


def _without_tuples(value: Any) -> Json:
    return list(value) if isinstance(value, tuple) else value
