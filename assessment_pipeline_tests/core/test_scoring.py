from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from assessment_pipeline.core.responses import ItemResponse, ResponseState
from assessment_pipeline.core.rubrics.catalogue import RubricVersion
from assessment_pipeline.core.rules.base import Award
from assessment_pipeline.core.rules.match_correct import MatchCorrect
from assessment_pipeline.core.scoring import (
    ItemScore,
    ItemStatus,
    SessionTotal,
    score_item,
    total_score,
)
from assessment_pipeline_tests.core.builders import AnyJson, a_rubric, an_answer

_CORRECT: Mapping[str, Any] = {"rule": "match_correct", "correct": "A", "points": 2}


def _rubric(item: Mapping[str, Any] = _CORRECT, **document: AnyJson) -> RubricVersion:
    return a_rubric(items={"q1": dict(item)}, **document)


def _score(rubric: RubricVersion | None, response: ItemResponse | None) -> AnyJson:
    return score_item("q1", own=rubric, rubric=rubric, response=response)


def _steps(score: AnyJson) -> list[str]:
    return [step["step"] for step in score.trace["steps"]]


def test_score_and_maximum_are_multiplied_by_the_weight() -> None:
    score = _score(_rubric({**_CORRECT, "weight": "1.5"}), an_answer("A"))
    assert (score.raw_score, score.max_score, score.weight) == (3, 3, Fraction(3, 2))
    assert score.item_status == "scored"
    assert score.rule == "match_correct"
    assert score.explanation.endswith("With weight 1.5: 3 of 3 points.")


def test_every_step_is_in_the_trace_in_order() -> None:
    item = {"rule": "map_response", "entries": [{"key": "A", "points": 5}], "upper_bound": 2}
    score = _score(_rubric(item), an_answer("A"))
    assert _steps(score) == ["state", "rule", "bounds", "weight"]
    assert score.raw_score == 2


@pytest.mark.parametrize("state", ["omitted", "not_reached", "not_presented", "invalid"])
@pytest.mark.parametrize(
    ("decision", "status", "raw_score", "max_score"),
    [
        ("zero", "scored_missing", 0, 2),
        ("exclude", "excluded", None, None),
        ("rule", "scored", 1, 2),
    ],
)
def test_the_missing_policy_decides_what_is_not_answered(
    state: ResponseState, decision: str, status: str, raw_score: int | None, max_score: int | None
) -> None:
    item = {"rule": "map_response", "entries": [{"key": "A", "points": 2}], "blank": 1}
    rubric = _rubric(item, policy={"missing": {state: decision}})
    score = _score(rubric, an_answer("A", state=state))
    assert (score.item_status, score.response_state) == (status, state)
    assert (score.raw_score, score.max_score) == (raw_score, max_score)
    assert "A" not in score.explanation


def test_by_default_only_what_was_not_presented_leaves_the_maximum() -> None:
    states: list[ResponseState] = ["omitted", "not_reached", "not_presented", "invalid"]
    statuses = [_score(_rubric(), an_answer(None, state=state)).item_status for state in states]
    assert statuses == ["scored_missing", "scored_missing", "excluded", "scored_missing"]


def test_an_item_that_the_delivery_lacks_is_absent() -> None:
    score = _score(_rubric(), None)
    assert (score.response_state, score.item_status) == ("absent", "scored_missing")
    assert score.explanation == "Not in the delivery: 0 of 2 points."


def test_answered_with_an_empty_list_goes_to_the_rule() -> None:
    rubric = _rubric({"rule": "multi_select", "options": ["A"], "correct": []})
    score = _score(rubric, an_answer([], state="answered"))
    assert (score.item_status, score.raw_score) == ("scored", 1)


@pytest.mark.parametrize(
    ("decision", "status", "raw_score"),
    [("zero", "scored_missing", 0), ("exclude", "excluded", None), ("rule", "scored", 0)],
)
def test_scoring_turns_an_answer_that_cannot_be_into_an_invalid_one(
    decision: str, status: str, raw_score: int | None
) -> None:
    rubric = _rubric(
        {"rule": "numeric", "answers": [{"value": 12}]}, policy={"missing": {"invalid": decision}}
    )
    score = _score(rubric, an_answer("12 euro"))
    assert (score.response_state, score.item_status) == ("invalid", status)
    assert score.raw_score == raw_score
    assert score.explanation.startswith("“12 euro” is not a number")
    assert _steps(score)[:3] == ["state", "rule", "missing_policy"]


def test_full_credit_and_void_are_decided_before_the_state() -> None:
    not_presented = an_answer(None, state="not_presented")
    full = _score(_rubric({"rule": "full_credit", "points": 2}), not_presented)
    assert (full.item_status, full.raw_score, full.max_score) == ("scored", 2, 2)
    void = _score(_rubric({"rule": "void"}), not_presented)
    assert (void.item_status, void.raw_score, void.max_score) == ("voided", None, None)


def test_full_credit_for_who_answered_leaves_the_others_to_the_policy() -> None:
    rubric = _rubric({"rule": "full_credit", "who": "answered"})
    assert _score(rubric, an_answer("x")).raw_score == 1
    assert _score(rubric, an_answer(None)).item_status == "scored_missing"


@pytest.mark.parametrize(
    ("rubric", "is_named", "reason"),
    [
        (None, False, "no_rubric"),
        (None, True, "no_such_rubric"),
        (a_rubric(items={"q2": dict(_CORRECT)}), False, "no_such_item"),
    ],
)
def test_what_no_rubric_knows_is_unscorable_never_0(
    rubric: RubricVersion | None, is_named: bool, reason: str
) -> None:
    score = score_item("q1", own=rubric, rubric=rubric, response=an_answer("A"), is_named=is_named)
    assert (score.item_status, score.raw_score, score.max_score) == ("unscorable", None, None)
    assert score.trace == {"steps": [{"step": "rubric", "unscorable": reason}]}


def test_the_default_item_scores_what_is_not_listed() -> None:
    rubric = a_rubric(default_item={"rule": "void"})
    assert score_item("q9", own=rubric, rubric=rubric, response=None).item_status == "voided"


def test_a_rubric_of_another_assessment_is_named_in_full() -> None:
    own, other = _rubric(), a_rubric("reading", "7", items={"q1": dict(_CORRECT)})
    scores = [
        score_item("q1", own=session, rubric=other, response=an_answer("A"), is_named=True)
        for session in (own, other, None)
    ]
    assert [score.rubric_label for score in scores] == ["reading/7", "7", "reading/7"]


def test_an_item_counts_in_the_dimensions_that_list_it_and_in_its_own() -> None:
    dimensions = {"b": {"items": ["q1"]}, "a": {"items": ["q1"]}, "z": {}}
    rubric = _rubric({**_CORRECT, "dimension": "aa"}, dimensions=dimensions)
    assert _score(rubric, None).dimensions == ("a", "aa", "b")
    listed = _rubric({**_CORRECT, "dimension": "a"}, dimensions=dimensions)
    assert _score(listed, None).dimensions == ("a", "b")


def _item(
    status: ItemStatus = "scored", raw: str | None = "1", maximum: str | None = "2"
) -> ItemScore:
    return ItemScore(
        "q", status, "answered", None, None,
        None if raw is None else Fraction(raw),
        None if maximum is None else Fraction(maximum),
        None, ("d",), "", {},
    )  # fmt: skip


def _total(rubric: RubricVersion | None, *items: ItemScore) -> AnyJson:
    return total_score(rubric.rubric if rubric else None, items)


_FULL: dict[str, AnyJson] = {
    "policy": {"rounding": {"decimals": 0}},
    "performance_levels": [{"level": "low", "minimum": 0}, {"level": "high", "minimum": 2}],
    "scale": {"table": [{"minimum": 0, "value": 100}, {"minimum": 2, "value": 200}]},
}


def test_levels_and_percent_read_the_exact_total_and_the_scale_the_rounded_one() -> None:
    total = _total(_rubric(**_FULL), _item(raw="3/2", maximum="3"))
    assert (total.raw_score_exact, total.raw_score) == (Fraction(3, 2), 2)
    assert (total.performance_level, total.scale_score, total.percent) == ("low", "200", "50.00")


def test_the_floor_is_the_lowest_total() -> None:
    low = _item(raw="-3")
    assert _total(None, low).raw_score_exact == 0
    assert _total(_rubric(policy={"floor": None}), low).raw_score_exact == -3
    assert _total(_rubric(policy={"floor": "-1/2"}), low).raw_score == Fraction(-1, 2)


@pytest.mark.parametrize(
    ("other", "status"),
    [
        (_item("pending_ratings", None), "provisional"),
        (_item("error", None), "blocked"),
        (_item("unscorable", None), "blocked"),
    ],
)
def test_nothing_unfinished_looks_final(other: ItemScore, status: str) -> None:
    total = _total(_rubric(**_FULL), _item(), other, _item("pending_ratings", None))
    assert total.status == status
    assert (total.raw_score, total.max_score) == (1, 6)
    assert (total.percent, total.scale_score, total.performance_level) == (None, None, None)
    assert [subscore.percent for subscore in total.subscores] == [None]


def test_excluded_and_voided_items_are_in_neither_sum() -> None:
    total = _total(None, _item(), _item("excluded", None, None), _item("voided", None, None))
    assert (total.status, total.raw_score, total.max_score) == ("complete", 1, 2)


def test_a_voided_session_has_no_points_at_all() -> None:
    total = total_score(None, [_item()], "voided")
    assert total == SessionTotal("voided", None, None, None, None, None, None, ())


def test_every_declared_dimension_has_its_subscore() -> None:
    rubric = _rubric(dimensions={"e": {}, "d": {"items": ["q1"]}})
    total = _total(rubric, _item(), _item(raw="-1/2"))
    assert [(each.dimension, each.raw_score, each.percent) for each in total.subscores] == [
        ("d", Fraction(1, 2), "12.50"),
        ("e", 0, None),
    ]


def test_49_parts_of_49_are_full_marks() -> None:
    total = _total(None, *[_item(raw="1/49", maximum="1/49")] * 49)
    assert (total.raw_score, total.percent) == (1, "100.00")


def test_a_linear_scale_stays_between_its_ends() -> None:
    line = {"slope": 10, "intercept": 200, "minimum": 205, "maximum": 215}
    scaled = [
        _total(_rubric(scale={"linear": line}), _item(raw=raw)).scale_score
        for raw in ("0", "1", "2")
    ]
    assert scaled == ["205", "210", "215"]


def test_a_linear_scale_without_ends_goes_on() -> None:
    rubric = _rubric(scale={"linear": {"slope": "-1/3", "intercept": 1}})
    assert _total(rubric, _item(raw="6", maximum="6")).scale_score == "-1"


def test_a_total_below_the_table_has_no_scale_score() -> None:
    table = [{"minimum": 5, "value": 1}]
    assert _total(_rubric(scale={"table": table}), _item()).scale_score is None


_RATED: Mapping[str, Any] = {
    "rule": "ratings",
    "weight": 2,
    "criteria": [{"id": "c", "levels": [{"id": "high", "points": 3}]}],
}


def test_an_unfinished_item_has_no_points_but_its_maximum() -> None:
    score = _score(_rubric(_RATED), an_answer("essay"))
    assert (score.item_status, score.response_state) == ("pending_ratings", "answered")
    assert (score.raw_score, score.max_score, score.weight) == (None, 6, 2)
    assert _steps(score) == ["state", "rule"]
    assert score.trace["steps"][1]["unfinished"] == "pending_ratings"


def test_the_policy_decides_before_ratings_are_looked_at_unless_it_says_rule() -> None:
    rating = {"rater_id": "r", "criterion_id": "c", "level_id": "high", "kind": "human"}
    response = ItemResponse("q1", None, "omitted", ratings=(rating,))
    assert _score(_rubric(_RATED), response).item_status == "scored_missing"
    by_rule = _rubric(_RATED, policy={"missing": {"omitted": "rule"}})
    assert _score(by_rule, response).raw_score == 6
    assert _score(by_rule, an_answer(None)).item_status == "pending_ratings"


_LATE: dict[str, AnyJson] = {
    "policy": {"late": {"mode": "fixed", "points": "1.25"}, "rounding": {"decimals": 0}}
}


def test_late_work_is_taken_off_before_floor_and_rounding() -> None:
    rubric = _rubric(**_LATE).rubric
    late = total_score(rubric, [_item(raw="3", maximum="4")], seconds_late=Fraction(1))
    assert late.late_penalty == Fraction(5, 4)
    assert late.raw_score_exact == Fraction(7, 4)
    assert late.raw_score == 2
    assert late.percent == "43.75"
    assert [subscore.raw_score for subscore in late.subscores] == [3]
    low = total_score(rubric, [_item(raw="1")], seconds_late=Fraction(1))
    assert low.late_penalty == Fraction(5, 4)
    assert low.raw_score_exact == 0


def test_in_time_costs_nothing_and_without_a_policy_there_is_no_penalty_to_tell() -> None:
    assert _total(_rubric(**_LATE), _item()).late_penalty == 0
    assert total_score(_rubric().rubric, [_item()], seconds_late=Fraction(9)).late_penalty is None


def test_a_defect_of_a_rule_costs_its_item_alone_and_tells_nothing_of_the_response(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: MatchCorrect, response: ItemResponse) -> Award:
        raise ValueError(f"no {response.value}")

    monkeypatch.setattr(MatchCorrect, "_judge", fail)
    score = _score(_rubric(), an_answer("canary"))
    assert (score.item_status, score.raw_score) == ("error", None)
    assert "ValueError" in score.explanation
    assert "canary" not in f"{score.explanation} {score.trace}"
