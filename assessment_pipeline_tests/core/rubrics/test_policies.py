from typing import Any

from assessment_pipeline.core.rubrics.models import MissingPolicy
from assessment_pipeline.core.scoring import score_item
from assessment_pipeline_tests.core.builders import a_rubric, an_answer

_ITEMS: dict[str, Any] = {
    "choice": {"rule": "match_correct", "correct": "A"},
    "own": {"rule": "match_correct", "correct": "A", "guessing_penalty": {"choices": 2}},
    "number": {"rule": "match_correct", "correct": "1", "base_type": "integer"},
    "set": {"rule": "match_correct", "correct": ["A"], "cardinality": "multiple"},
    "text": {"rule": "text", "answers": [{"text": "A"}]},
}


def test_formula_scoring_reaches_every_single_choice_that_does_not_say_its_own() -> None:
    version = a_rubric(
        items=_ITEMS,
        default_item=_ITEMS["choice"],
        policy={"formula_scoring": {"choices": 5}},
    )
    wrong = {}
    for item_id in (*_ITEMS, "not listed"):
        score = score_item(item_id, own=version, rubric=version, response=an_answer("2"))
        wrong[item_id] = str(score.raw_score)
    assert wrong == {
        "choice": "-1/4",
        "own": "-1",
        "number": "0",
        "set": "0",
        "text": "0",
        "not listed": "-1/4",
    }


def test_without_a_policy_wrong_answers_cost_nothing() -> None:
    rubric = a_rubric(items=_ITEMS).rubric
    assert rubric.item("choice") is rubric.items["choice"]
    assert rubric.item("not listed") is None


def test_what_analysis_makes_of_missing_responses_is_stored_and_changes_no_score() -> None:
    policy = {"missing_for_analysis": {"not_reached": "exclude"}}
    version = a_rubric(items=_ITEMS, policy=policy)
    stored = version.rubric.policy.missing_for_analysis
    assert stored == MissingPolicy(not_reached="exclude")
    not_reached = an_answer(None, state="not_reached")
    score = score_item("choice", own=version, rubric=version, response=not_reached)
    assert score.item_status == "scored_missing"
    assert a_rubric().rubric.policy.missing_for_analysis is None


def test_a_rubric_knows_what_its_rules_read() -> None:
    bands = {"rule": "feature_bands", "bands": [{"feature": "words", "minimum": 1, "points": 1}]}
    levels = [{"id": "1", "points": 1}]
    ratings = {"rule": "ratings", "criteria": [{"id": "c", "levels": levels}]}
    plain = a_rubric(items=_ITEMS).rubric
    assert (plain.reads_beyond_responses, plain.needs_features) == (False, False)
    rated = a_rubric(items={"q1": ratings}).rubric
    assert (rated.reads_beyond_responses, rated.needs_features) == (True, False)
    banded = a_rubric(default_item=bands).rubric
    assert (banded.reads_beyond_responses, banded.needs_features) == (True, True)
