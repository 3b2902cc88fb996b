"""Item scores: from a response to an item's score, and why.

Holds the order in which things happen, the same for every item: full_credit and void, state,
rule, bounds, weight; every step taken is in the trace. How a response is judged is `rules`; which
rubric scores it is `rubrics.catalogue`; a session's total is `totals`.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import ItemResponse, ResponseState
from assessment_pipeline.core.rubrics.catalogue import RubricVersion
from assessment_pipeline.core.rubrics.models import MissingDecision, MissingPolicy
from assessment_pipeline.core.rules import Award, ItemRule
from assessment_pipeline.core.rules.awards import FullCredit, Void
from assessment_pipeline.core.rules.base import Trace, of_points

ItemStatus: TypeAlias = Literal[
    "scored", "scored_missing", "pending_ratings", "unscorable", "voided", "excluded", "error"
]
MissingState: TypeAlias = Literal["omitted", "not_reached", "not_presented", "invalid", "absent"]

_ZERO = Fraction(0)
_STATE_WORDS: Mapping[MissingState, str] = {
    "omitted": "No response",
    "not_reached": "Not reached",
    "not_presented": "Not presented",
    "invalid": "Delivered as invalid",
    "absent": "Not in the delivery",
}


class ItemScore(msgspec.Struct, frozen=True):
    """What one item of one session came to, and why."""

    item_id: str
    item_status: ItemStatus
    response_state: ResponseState
    rule: str | None
    rubric_label: str | None
    """The version that scored it; as `assessment_id/version` where it is another assessment's."""
    raw_score: Fraction | None
    """After weight; None unless scored or scored_missing."""
    max_score: Fraction | None
    """After weight; None where the item leaves the maximum or none is known."""
    weight: Fraction | None
    dimensions: tuple[str, ...]
    """The subscores it counts in, sorted."""
    explanation: str
    trace: Trace
    """Every step of the pipeline that was taken, in order."""


def score_item(
    item_id: str,
    *,
    own: RubricVersion | None,
    rubric: RubricVersion | None,
    response: ItemResponse | None,
    is_named: bool = False,
) -> ItemScore:
    """Score one item by its rule in a rubric, else by that rubric's default item.

    Args:
        item_id: the item.
        own: the session's own version, which names the dimensions; None if it has none.
        rubric: the version that scores the item: `own`, or the one that the response names;
            None if there is none.
        response: what the delivery holds; None if the item is absent from it.
        is_named: whether the response names its rubric.
    """
    answer = ItemResponse(item_id, None, "absent") if response is None else response
    return ItemScorer(item_id, own=own, rubric=rubric, is_named=is_named).score(answer)


class ItemScorer:
    """Scores the responses to one item under one rubric; what they share is looked up once."""

    def __init__(
        self,
        item_id: str,
        *,
        own: RubricVersion | None,
        rubric: RubricVersion | None,
        is_named: bool = False,
    ) -> None:
        """Prepare for an item; the arguments are those of `score_item`."""
        self._item = None if rubric is None else rubric.rubric.item(item_id)
        self._rubric = rubric
        self._is_named = is_named
        self._weighed: dict[tuple[int, int], _Weighed] = {}
        self._path = _Path(
            item_id, _label(rubric, own), "answered", _dimensions(item_id, self._item, own)
        )

    def score(self, answer: ItemResponse) -> ItemScore:
        """Score a response; the state `absent` says that the delivery lacks the item."""
        item, rubric, state = self._item, self._rubric, answer.state
        path = self._path if state == "answered" else self._path._replace(state=state)
        if rubric is None or item is None:
            return _unscorable(path, rubric, is_named=self._is_named)
        pipeline = _Pipeline(path, item, rubric.rubric.policy.missing, self._weighed)
        if isinstance(item, Void):
            why = item.award(_without_value(answer)).explanation
            return pipeline.left_out("voided", why, [{"step": "void"}])
        if isinstance(item, FullCredit) and item.is_due(state):
            return pipeline.by_award(item.award(_without_value(answer)), "full_credit")
        if state != "answered":
            # A value that came with any other state is evidence and stays unscored.
            return pipeline.by_policy(state, item.award(_without_value(answer)))
        award = _judge(item, answer)
        if award.is_invalid:
            return pipeline.turned_invalid().by_policy("invalid", award, is_answer=True)
        return pipeline.by_award(award, "rule")


def _without_value(answer: ItemResponse) -> ItemResponse:
    return msgspec.structs.replace(answer, value=None)


def _judge(item: ItemRule, answer: ItemResponse) -> Award:
    """Return what a rule says of an answer; a defect of a rule costs one item, not a night."""
    try:
        return item.award(answer)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other responses are scored
        kind = type(error).__name__
        # Not the error's text, which may repeat the response.
        why = f"A defect of this program ({kind}) keeps this response from being scored: report it"
        return Award(_ZERO, f"{why}.", {"error": "defect", "kind": kind}, unfinished="error")


def _dimensions(
    item_id: str, item: ItemRule | None, rubric: RubricVersion | None
) -> tuple[str, ...]:
    listed = () if rubric is None else rubric.rubric.dimensions_of(item_id)
    dimension = None if item is None else item.dimension
    if dimension is None or dimension in listed:
        return listed
    return tuple(sorted((*listed, dimension)))


def _label(rubric: RubricVersion | None, own: RubricVersion | None) -> str | None:
    if rubric is None:
        return None
    is_own = own is not None and own.rubric.assessment_id == rubric.rubric.assessment_id
    return rubric.rubric.version if is_own else rubric.label


class _Path(NamedTuple):
    """What is known of an item's score before the pipeline begins."""

    item_id: str
    rubric_label: str | None
    state: ResponseState
    dimensions: tuple[str, ...]


def _unscorable(path: _Path, rubric: RubricVersion | None, *, is_named: bool) -> ItemScore:
    if rubric is not None:
        reason, why = "no_such_item", f"Rubric {rubric.label} has no item {path.item_id}"
    elif is_named:
        reason, why = "no_such_rubric", "The rubric that the response names does not exist"
    else:
        reason, why = "no_rubric", "No rubric version is valid for this session"
    return ItemScore(
        item_id=path.item_id,
        item_status="unscorable",
        response_state=path.state,
        rule=None,
        rubric_label=path.rubric_label,
        raw_score=None,
        max_score=None,
        weight=None,
        dimensions=path.dimensions,
        explanation=f"{why}, so it cannot be scored.",
        trace={"steps": [{"step": "rubric", "unscorable": reason}]},
    )


class _Weighed(NamedTuple):
    """What some points of an item come to after its weight."""

    raw_score: Fraction
    step: Json
    told: str
    """What the explanation adds."""


class _Pipeline(NamedTuple):
    """An item on its way from state over rule and bounds to weight."""

    path: _Path
    item: ItemRule
    missing: MissingPolicy
    weighed: dict[tuple[int, int], _Weighed]
    """What is known already, by points."""

    def by_award(self, award: Award, step: str) -> ItemScore:
        """Score by what the rule says."""
        return self._weighted("scored", award, [self._state_step(), *_judged(award, step)])

    def turned_invalid(self) -> "_Pipeline":
        """Return the same for an answer that the rule found the item cannot have."""
        return self._replace(path=self.path._replace(state="invalid"))

    def by_policy(self, state: MissingState, award: Award, *, is_answer: bool = False) -> ItemScore:
        """Score by the missing policy.

        Args:
            state: what the policy decides about.
            award: what the rule says of the answer, or else of no response.
            is_answer: whether the rule has judged an answer.
        """
        decision: MissingDecision = getattr(self.missing, state)
        steps: list[Json] = [{"step": "missing_policy", "state": state, "decision": decision}]
        if is_answer:
            steps = [{"step": "state", "state": "answered"}, *_judged(award, "rule"), *steps]
        else:
            judged = _judged(award, "rule") if decision == "rule" else []
            steps = [self._state_step(), *steps, *judged]
        if decision == "rule":
            return self._weighted("scored", award, steps)
        why = award.explanation.rstrip(".") if is_answer else _STATE_WORDS[state]
        if decision == "exclude":
            return self.left_out("excluded", f"{why}: the item does not count.", steps)
        explanation = f"{why}: {of_points(_ZERO, self.item.maximum())}."
        return self._weighted("scored_missing", Award(_ZERO, explanation, {}), steps)

    def _state_step(self) -> Json:
        return {"step": "state", "state": self.path.state}

    def _weighted(self, status: ItemStatus, award: Award, steps: list[Json]) -> ItemScore:
        max_score = self.item.weighted_maximum
        if award.unfinished is not None:
            return self._score(award.unfinished, (None, max_score), award.explanation, steps)
        points = award.points.as_integer_ratio()
        weighed = self.weighed.get(points)
        if weighed is None:
            weighed = self.weighed[points] = self._weigh(award.points)
        return self._score(
            status,
            (weighed.raw_score, max_score),
            award.explanation + weighed.told,
            [*steps, weighed.step],
        )

    def _weigh(self, points: Fraction) -> _Weighed:
        weight, max_score = self.item.weight, self.item.weighted_maximum
        raw_score = points * weight
        step: Json = {
            "step": "weight",
            "weight": exact_text(weight),
            "raw_score": exact_text(raw_score),
            "max_score": exact_text(max_score),
        }
        told = ""
        if weight != 1:
            told = f" With weight {exact_text(weight)}: {of_points(raw_score, max_score)}."
        return _Weighed(raw_score, step, told)

    def left_out(self, status: ItemStatus, explanation: str, steps: list[Json]) -> ItemScore:
        """Take the item out of score and maximum."""
        return self._score(status, (None, None), explanation, steps)

    def _score(
        self,
        status: ItemStatus,
        scores: tuple[Fraction | None, Fraction | None],
        explanation: str,
        steps: list[Json],
    ) -> ItemScore:
        raw_score, max_score = scores
        return ItemScore(
            item_id=self.path.item_id,
            item_status=status,
            response_state=self.path.state,
            rule=self.item.rule,
            rubric_label=self.path.rubric_label,
            raw_score=raw_score,
            max_score=max_score,
            weight=self.item.weight,
            dimensions=self.path.dimensions,
            explanation=explanation,
            trace={"steps": steps},
        )


def _judged(award: Award, step: str) -> list[Json]:
    """Return the steps of rule and bounds."""
    if award.unfinished is not None:
        return [{"step": step, "unfinished": award.unfinished, **award.trace}]
    before = award.points if award.unbounded is None else award.unbounded
    steps: list[Json] = [{"step": step, "points": exact_text(before), **award.trace}]
    if award.unbounded is not None:
        steps.append({"step": "bounds", "points": exact_text(award.points)})
    return steps
