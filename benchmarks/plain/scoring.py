"""Scoring: item scores, totals, subscores, and the result that the output hash is taken over."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from assessment_pipeline.core.versions import ENGINE_VERSION, FEATURE_VERSION
from benchmarks.plain.deliveries import Response, Snapshot, State
from benchmarks.plain.hashing import canonical_json, content_hash, hash_bytes
from benchmarks.plain.numbers import exact_text, percent_text, rounded_half_up
from benchmarks.plain.rubric import Rubric, RubricVersion
from benchmarks.plain.rules import Rule
from benchmarks.plain.texts import of_points

_STATE_WORDS: dict[State, str] = {
    "omitted": "No response",
    "not_reached": "Not reached",
    "not_presented": "Not presented",
    "invalid": "Delivered as invalid",
    "absent": "Not in the delivery",
}
_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class ItemScore:
    """What one item of one session came to, and why; points after weight, also as exact text."""

    item_id: str
    item_status: str
    response_state: State
    response: Response | None
    rule: Rule
    raw_score: Fraction | None
    raw_score_text: str | None
    explanation: str
    trace: list[dict[str, Any]]

    @property
    def max_score(self) -> Fraction | None:
        """What full credit is worth; nothing where the item does not count."""
        return None if self.raw_score is None else self.rule.max_score

    @property
    def max_score_text(self) -> str | None:
        """The same as exact text."""
        return None if self.raw_score is None else self.rule.max_score_text

    def as_json(self) -> dict[str, Any]:
        """Return what is stored of it."""
        return {
            "item_id": self.item_id,
            "item_status": self.item_status,
            "response_state": self.response_state,
            "response": self.response.value if self.response else None,
            "rule": self.rule.rule,
            "raw_score": self.raw_score_text,
            "max_score": self.max_score_text,
            "weight": self.rule.weight_text,
            "explanation": self.explanation,
            "trace": {"steps": self.trace},
        }


@dataclass(frozen=True, slots=True)
class Subscore:
    """The total of one dimension."""

    dimension: str
    raw_score: Fraction
    max_score: Fraction
    percent: str | None


@dataclass(frozen=True, slots=True)
class ScoreRun:
    """One session scored by its rubric."""

    score_run_id: str
    items: list[ItemScore]
    raw_score: Fraction
    raw_score_exact: Fraction
    max_score: Fraction
    percent: str | None
    scale_score: str
    performance_level: str | None
    subscores: list[Subscore]
    result: bytes
    output_hash: str


def score_session(snapshot: Snapshot, version: RubricVersion) -> ScoreRun:
    """Score a session."""
    rubric = version.rubric
    responses = {response.item_id: response for response in snapshot.session.responses}
    if strangers := responses.keys() - rubric.items.keys():
        raise ValueError(f"the rubric has no items {sorted(strangers)}")
    items = [
        score_item(item_id, rubric.items[item_id], responses.get(item_id))
        for item_id in sorted(rubric.items)
    ]
    exact = max(_ZERO, sum((item.raw_score or _ZERO for item in items), _ZERO))
    maximum = sum((item.max_score or _ZERO for item in items), _ZERO)
    shown = rounded_half_up(exact, rubric.policy.rounding.decimals)
    level, scale_score = rubric.level(exact), rubric.scale_score(shown)
    subscores = _subscores(rubric, items)
    result = canonical_json(
        {
            "items": [
                {
                    "item_id": item.item_id,
                    "item_status": item.item_status,
                    "max_score": item.max_score_text,
                    "raw_score": item.raw_score_text,
                    "response_state": item.response_state,
                }
                for item in items
            ],
            "max_score": exact_text(maximum),
            "performance_level": level,
            "raw_score": exact_text(shown),
            "raw_score_exact": exact_text(exact),
            "response_snapshot_id": snapshot.response_snapshot_id,
            "scale_score": scale_score,
            "status": "complete",
            "subscores": [
                {
                    "dimension": subscore.dimension,
                    "max_score": exact_text(subscore.max_score),
                    "raw_score_exact": exact_text(subscore.raw_score),
                }
                for subscore in subscores
            ],
        }
    )
    return ScoreRun(
        score_run_id=content_hash(
            {
                "engine_version": ENGINE_VERSION,
                "feature_version": FEATURE_VERSION,
                "response_snapshot_id": snapshot.response_snapshot_id,
                "rubrics": [version.content_hash],
            }
        ),
        items=items,
        raw_score=shown,
        raw_score_exact=exact,
        max_score=maximum,
        percent=percent_text(exact, maximum),
        scale_score=scale_score,
        performance_level=level,
        subscores=subscores,
        result=result,
        output_hash=hash_bytes(result),
    )


def _subscores(rubric: Rubric, items: list[ItemScore]) -> list[Subscore]:
    sums = {name: [_ZERO, _ZERO] for name in sorted(rubric.dimensions)}
    for item in items:
        for name in rubric.dimensions_of[item.item_id]:
            sums[name][0] += item.raw_score or _ZERO
            sums[name][1] += item.max_score or _ZERO
    return [
        Subscore(name, raw, maximum, percent_text(raw, maximum))
        for name, (raw, maximum) in sums.items()
    ]


def score_item(item_id: str, rule: Rule, response: Response | None) -> ItemScore:
    """Score one item: state, rule, bounds, weight; each step is in the trace."""
    state: State = "absent" if response is None else response.effective_state
    answer = _Answer(item_id, rule, response, state)
    steps: list[dict[str, Any]] = [{"step": "state", "state": state}]
    if response is None or state != "answered":
        return answer.missing(_STATE_WORDS[state], steps)
    award = rule.award(response.value)
    steps.append({"step": "rule", "points": exact_text(award.points), **award.trace})
    if award.is_invalid:
        invalid = _Answer(item_id, rule, response, "invalid")
        return invalid.missing(award.explanation.rstrip("."), steps)
    if award.points <= rule.points:
        return answer.scored("scored", award.points, award.explanation, steps)
    limit = exact_text(rule.points)
    steps.append({"step": "bounds", "points": limit})
    explanation = f"{award.explanation} The item gives at most {limit}."
    return answer.scored("scored", rule.points, explanation, steps)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is known of an item before it is scored."""

    item_id: str
    rule: Rule
    response: Response | None
    state: State

    def missing(self, why: str, steps: list[dict[str, Any]]) -> ItemScore:
        """Score by the missing policy: zero, but what was not presented does not count."""
        decision = "exclude" if self.state == "not_presented" else "zero"
        steps.append({"step": "missing_policy", "state": self.state, "decision": decision})
        if decision == "exclude":
            explanation = f"{why}: the item does not count."
            return self._score("excluded", None, explanation, steps)
        explanation = f"{why}: {self.rule.of_points(_ZERO)}."
        return self.scored("scored_missing", _ZERO, explanation, steps)

    def scored(
        self, status: str, points: Fraction, explanation: str, steps: list[dict[str, Any]]
    ) -> ItemScore:
        """Score by points before weight."""
        rule = self.rule
        if rule.weight == 1:
            return self._score(status, points, explanation, steps)
        raw_score = points * rule.weight
        weighted = of_points(raw_score, rule.max_score)
        explanation += f" With weight {rule.weight_text}: {weighted}."
        return self._score(status, raw_score, explanation, steps)

    def _score(
        self,
        status: str,
        raw_score: Fraction | None,
        explanation: str,
        steps: list[dict[str, Any]],
    ) -> ItemScore:
        raw_score_text = None
        if raw_score is not None:
            raw_score_text = exact_text(raw_score)
            steps.append(
                {
                    "step": "weight",
                    "weight": self.rule.weight_text,
                    "raw_score": raw_score_text,
                    "max_score": self.rule.max_score_text,
                }
            )
        return ItemScore(
            self.item_id,
            status,
            self.state,
            self.response,
            self.rule,
            raw_score,
            raw_score_text,
            explanation,
            steps,
        )
