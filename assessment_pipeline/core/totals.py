"""Totals: from item scores to what a session came to.

Holds the order in which a total is made: subscores, total, late penalty, floor, rounding, scale;
levels and percent read the exact total after the floor. Nothing is rounded before the total, and
only there. Item scores are `item_scores`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from assessment_pipeline.core.item_scores import ItemScore, ItemStatus
from assessment_pipeline.core.points import exact_text, percent_text, rounded
from assessment_pipeline.core.rubrics.models import Policy, Rubric

ScorecardStatus: TypeAlias = Literal["complete", "provisional", "blocked", "voided"]
SubscoreSums: TypeAlias = Mapping[str, tuple[Fraction, Fraction]]

_BLOCKING: frozenset[ItemStatus] = frozenset({"unscorable", "error"})
_ZERO = Fraction(0)
_DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Subscore:
    """The total over one dimension; neither late penalty nor floor nor rounding touch it."""

    dimension: str
    raw_score: Fraction
    max_score: Fraction
    percent: str | None


@dataclass(frozen=True, slots=True)
class SessionTotal:
    """What a session came to. A voided session has no points at all."""

    status: ScorecardStatus
    raw_score_exact: Fraction | None
    """After late penalty and floor, before rounding."""
    raw_score: Fraction | None
    """After late penalty, floor and rounding."""
    max_score: Fraction | None
    percent: str | None
    scale_score: str | None
    performance_level: str | None
    subscores: tuple[Subscore, ...]
    late_penalty: Fraction | None = None
    """Taken off for late work, before the floor; None if the rubric has no policy for it."""


VOIDED_SESSION = SessionTotal("voided", None, None, None, None, None, None, ())


def scorecard_status(
    item_statuses: Collection[ItemStatus], session_status: str = "submitted"
) -> ScorecardStatus:
    """Return the status of a scorecard by those of its items and of the session."""
    if session_status == "voided":
        return "voided"
    if not _BLOCKING.isdisjoint(item_statuses):
        return "blocked"
    return "provisional" if "pending_ratings" in item_statuses else "complete"


def total_score(
    rubric: Rubric | None,
    item_scores: Iterable[ItemScore],
    session_status: str = "submitted",
    *,
    seconds_late: Fraction = _ZERO,
) -> SessionTotal:
    """Total a session's item scores by its own rubric; None stands for the default policy.

    The maximum holds pending and erroneous items too, as far as theirs is known; excluded and
    voided items are in neither sum.
    """
    raw_sum = max_sum = _ZERO
    subscore_sums: dict[str, tuple[Fraction, Fraction]] = {}
    statuses: set[ItemStatus] = set()
    for score in item_scores:
        statuses.add(score.item_status)
        raw, maximum = score.raw_score or _ZERO, score.max_score or _ZERO
        raw_sum += raw
        max_sum += maximum
        for dimension in score.dimensions:
            raw_before, max_before = subscore_sums.get(dimension, (_ZERO, _ZERO))
            subscore_sums[dimension] = (raw_before + raw, max_before + maximum)
    return total_from_sums(
        rubric,
        raw_sum=raw_sum,
        max_sum=max_sum,
        subscore_sums=subscore_sums,
        item_statuses=statuses,
        session_status=session_status,
        seconds_late=seconds_late,
    )


def total_from_sums(
    rubric: Rubric | None,
    *,
    raw_sum: Fraction,
    max_sum: Fraction,
    subscore_sums: SubscoreSums,
    item_statuses: Collection[ItemStatus],
    session_status: str = "submitted",
    seconds_late: Fraction = _ZERO,
) -> SessionTotal:
    """Make a session's total of sums, by the policy and in the order that the rubric has.

    For provisional and blocked sessions the totals are shown, but percent, scale score and level
    are not: nothing unfinished looks final. Every dimension that the rubric declares has a
    subscore, and every other one that an item counts in.
    """
    status = scorecard_status(item_statuses, session_status)
    if status == "voided":
        return VOIDED_SESSION
    policy = _DEFAULT_POLICY if rubric is None else rubric.policy
    late_penalty = None
    if policy.late is not None:
        late_penalty = policy.late.penalty(seconds_late, total=raw_sum, maximum=max_sum)
    after_late = raw_sum - (late_penalty or _ZERO)
    exact = after_late if policy.floor is None else max(after_late, policy.floor)
    shown = exact
    if policy.rounding is not None:
        shown = rounded(exact, policy.rounding.mode, policy.rounding.decimals)
    is_final = status == "complete"
    names = set(subscore_sums).union(() if rubric is None else rubric.dimensions)
    subscores = []
    for name in sorted(names):
        raw, maximum = subscore_sums.get(name, (_ZERO, _ZERO))
        percent = percent_text(raw, maximum) if is_final else None
        subscores.append(Subscore(name, raw, maximum, percent))
    return SessionTotal(
        status=status,
        raw_score_exact=exact,
        raw_score=shown,
        max_score=max_sum,
        percent=percent_text(exact, max_sum) if is_final else None,
        scale_score=_scale_score(rubric, shown) if is_final else None,
        performance_level=rubric.level(exact) if is_final and rubric is not None else None,
        subscores=tuple(subscores),
        late_penalty=late_penalty,
    )


def _scale_score(rubric: Rubric | None, total: Fraction) -> str | None:
    score = None if rubric is None or rubric.scale is None else rubric.scale.score(total)
    return None if score is None else exact_text(score)
