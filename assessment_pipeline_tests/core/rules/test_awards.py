import pytest
from pydantic import ValidationError

from assessment_pipeline.core.rules import parse_item
from assessment_pipeline_tests.core.builders import AnyJson, award_of


def test_a_constant_is_the_same_for_every_response() -> None:
    item: AnyJson = {"rule": "constant", "points": "0.5"}
    assert {award_of(item, value).points for value in ("a", None, ["x"])} == {
        parse_item(item).maximum()
    }


def test_a_constant_needs_its_points() -> None:
    with pytest.raises(ValidationError):
        parse_item({"rule": "constant"})


def test_full_credit_goes_to_everyone_or_to_who_answered() -> None:
    assert award_of({"rule": "full_credit", "points": 2}, None).points == 2
    assert award_of({"rule": "full_credit", "who": "answered"}, None).points == 0
    assert award_of({"rule": "full_credit", "who": "answered"}, "x").points == 1


def test_void_is_worth_nothing_out_of_nothing() -> None:
    assert parse_item({"rule": "void", "points": 3}).maximum() == 0
    assert award_of({"rule": "void"}, "A").points == 0
