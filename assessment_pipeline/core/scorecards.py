"""Scorecards: a score run's totals made readable, each score with the evidence it rests on.

Pure. A scorecard holds what stands in the CSV files: points as decimals beside the exact text,
percent, subscores, and for each item, in item_id order, the evaluation (response, rule, trace,
explanation) behind its score. Rounding for the eye happens here and never feeds back.
"""

from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

import msgspec

from assessment_pipeline.core.points import decimal_text, percent_text, read_exact
from assessment_pipeline.core.score_runs import ScoreRunRecord, Subscore
from assessment_pipeline.core.versions import ENGINE_VERSION, FEATURE_VERSION

# The points of a night's sessions are few different ones.
_REMEMBERED: Final = 4096


class SubscoreCard(NamedTuple):
    """One dimension's points: decimal for reading, exact text for computing."""

    dimension: str
    raw_score: str
    raw_score_exact: str
    max_score: str
    percent: str | None


EvidenceLink: TypeAlias = "tuple[int, int | None]"
"""What an item's score comes from, a line of the chunk's evaluations; the milliseconds taken."""


class Scorecard(msgspec.Struct, frozen=True, gc=False):
    """What is reported of one score run."""

    assessment_id: str
    attempt: int
    candidate_id: str
    engine_version: str
    evidence: list[EvidenceLink]
    feature_version: str
    max_score: str | None
    output_hash: str
    percent: str | None
    performance_level: str | None
    raw_score: str | None
    raw_score_exact: str | None
    response_snapshot_id: str
    rubric_version: str | None
    scale_score: str | None
    score_run_id: str
    session_id: str
    status: str
    submitted_at: str | None
    subscores: list[SubscoreCard]
    supersedes: str | None


def scorecard(run: ScoreRunRecord) -> Scorecard:
    """Return the scorecard of a score run."""
    is_final = run.status == "complete"
    return Scorecard(
        assessment_id=run.assessment_id,
        attempt=run.attempt,
        candidate_id=run.candidate_id,
        engine_version=ENGINE_VERSION,
        evidence=list(zip(run.evaluations, run.durations, strict=True)),
        feature_version=FEATURE_VERSION,
        max_score=_decimal(run.max_score),
        output_hash=run.output_hash,
        percent=_percent(run.raw_score_exact, run.max_score) if is_final else None,
        performance_level=run.performance_level,
        raw_score=_decimal(run.raw_score),
        raw_score_exact=run.raw_score_exact,
        response_snapshot_id=run.response_snapshot_id,
        rubric_version=run.rubric_version,
        scale_score=run.scale_score,
        score_run_id=run.score_run_id,
        session_id=run.session_id,
        status=run.status,
        submitted_at=run.submitted_at,
        subscores=[_subscore_card(subscore, is_final) for subscore in run.subscores],
        supersedes=run.supersedes,
    )


@lru_cache(_REMEMBERED)
def _subscore_card(subscore: Subscore, is_final: bool) -> SubscoreCard:  # noqa: FBT001 - cached
    raw, maximum = read_exact(subscore.raw_score_exact), read_exact(subscore.max_score)
    return SubscoreCard(
        dimension=subscore.dimension,
        raw_score=decimal_text(raw),
        raw_score_exact=subscore.raw_score_exact,
        max_score=decimal_text(maximum),
        percent=percent_text(raw, maximum) if is_final else None,
    )


@lru_cache(_REMEMBERED)
def _decimal(exact: str | None) -> str | None:
    return None if exact is None else decimal_text(read_exact(exact))


@lru_cache(_REMEMBERED)
def _percent(exact: str | None, maximum: str | None) -> str | None:
    # A complete run has both; of any other no percent is shown.
    return percent_text(read_exact(exact or "0"), read_exact(maximum or "0"))
