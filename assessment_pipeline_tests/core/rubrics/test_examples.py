from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from assessment_pipeline.core.responses import ResponseValue
from assessment_pipeline.core.rubrics.catalogue import load_version
from assessment_pipeline.core.rubrics.examples import example_response, trial_response
from assessment_pipeline.core.rules import Example, parse_item
from assessment_pipeline_tests.core.builders import AnyJson, a_rubric_file

_WORDS = parse_item(
    {
        "rule": "feature_bands",
        "bands": [
            {"feature": "words", "minimum": 2, "points": 1},
            {"feature": "rapid_guess", "minimum": 1, "points": 0},
        ],
    }
)


def _problems(item: dict[str, Any], example: AnyJson) -> list[str]:
    loaded = load_version(a_rubric_file(items={"q1": {**item, "examples": [example]}}))
    return [str(problem) for problem in loaded] if isinstance(loaded, tuple) else []


@pytest.mark.parametrize(
    ("value", "words"), [("two words", 2), (("a", "b"), None), (None, None), (1.5, None)]
)
def test_a_trial_has_the_features_of_its_value_and_none_of_timing(
    value: ResponseValue, words: int | None
) -> None:
    row = trial_response(_WORDS, "q1", value).features
    assert row is not None
    assert row.values == {"rapid_guess": None, "words": words}
    assert row.reasons["rapid_guess"] == "no_duration"


def test_a_rule_that_reads_no_features_gets_none() -> None:
    assert trial_response(parse_item({"rule": "void"}), "q1", "x").features is None


def test_features_that_an_example_gives_go_before_those_of_its_value() -> None:
    example = Example.model_validate_json(
        '{"response": "x", "points": 1, "features": {"words": "7/2", "rapid_guess": true, "x": 1}}'
    )
    row = example_response(_WORDS, example).features
    assert row is not None
    assert row.values == {"rapid_guess": 1, "words": Fraction(7, 2)}


def test_ratings_of_an_example_come_as_a_delivery_brings_them() -> None:
    rating = {"rater_id": "r1", "criterion_id": "c", "level_id": "1"}
    example = Example.model_validate_json(
        '{"response": "x", "status": "error", "ratings": '
        '[{"rater_id": "r1", "criterion_id": "c", "level_id": 1}]}'
    )
    assert example_response(_WORDS, example).ratings == ({**rating, "kind": "human"},)


@pytest.mark.parametrize("fields", [{}, {"points": 1, "status": "error"}])
def test_an_example_expects_points_or_a_status(fields: AnyJson) -> None:
    with pytest.raises(ValidationError):
        Example.model_validate({"response": "A", **fields})


_RATED: dict[str, Any] = {
    "rule": "ratings",
    "criteria": [{"id": "c", "levels": [{"id": 1, "points": 1}]}],
}


def test_an_example_that_expects_another_status_is_refused() -> None:
    assert _problems(_RATED, {"response": "x", "status": "pending_ratings"}) == []
    (problem,) = _problems(_RATED, {"response": "x", "points": 0})
    assert problem == (
        "rubrics/maths/1.yaml at /items/q1/examples/0/points: the rule gives pending_ratings, the "
        "example says 0 (Waits for ratings: c: 1 needed, none there.); correct the example or the "
        "rule."
    )
    (problem,) = _problems({"rule": "constant", "points": 1}, {"response": "x", "status": "error"})
    assert "the rule gives 1, the example says error" in problem


def test_an_example_with_an_unknown_feature_is_refused() -> None:
    item = {"rule": "constant", "points": 1}
    (problem,) = _problems(item, {"response": "x", "points": 1, "features": {"beauty": 1}})
    assert "there is no feature beauty" in problem


def test_an_example_with_a_feature_that_is_no_number_is_refused() -> None:
    item = {"rule": "constant", "points": 1}
    (problem,) = _problems(item, {"response": "x", "points": 1, "features": {"words": "many"}})
    assert "this is no exact number" in problem
