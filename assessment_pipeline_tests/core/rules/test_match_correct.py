import pytest
from pydantic import ValidationError

from assessment_pipeline.core.rules import parse_item
from assessment_pipeline_tests.core.builders import AnyJson, award_of


@pytest.mark.parametrize(
    ("base_type", "correct", "value", "is_match"),
    [
        ("identifier", "B", "B", True),
        ("identifier", "B", "b", False),
        ("identifier", "B", " B", False),
        ("identifier", True, True, True),
        ("identifier", 1, 1, True),
        ("string", "B", ["B"], True),
        ("integer", "12", "12.0", True),
        ("integer", "12", "12.5", False),
        ("integer", "12", "twelve", False),
        ("decimal", "0.1", 0.1, True),
        ("decimal", "-2", "\u22122", True),
        ("boolean", True, "1", True),
        ("boolean", "false", False, True),
        ("boolean", "true", "yes", False),
        ("pair", "A B", "B A", True),
        ("pair", "A B", "A", False),
        ("directed_pair", "A B", "B A", False),
        ("point", "102 113", "102  113", True),
        ("point", "102 113", "102 113.5", False),
    ],
)
def test_a_response_matches_by_its_base_type(
    base_type: str, correct: object, value: AnyJson, is_match: bool
) -> None:
    item = {"rule": "match_correct", "base_type": base_type, "correct": correct, "points": 2}
    assert award_of(item, value).points == (2 if is_match else 0)


@pytest.mark.parametrize(
    ("cardinality", "value", "points"),
    [
        ("multiple", ["C", "A", "A"], 1),
        ("multiple", ["A", "C"], 0),
        ("multiple", "A", 0),
        ("ordered", ["A", "A", "C"], 1),
        ("ordered", ["A", "C", "A"], 0),
    ],
)
def test_several_values_are_compared_as_a_multiset_or_in_order(
    cardinality: str, value: AnyJson, points: int
) -> None:
    item = {"rule": "match_correct", "correct": ["A", "A", "C"], "cardinality": cardinality}
    assert award_of(item, value).points == points


def test_no_response_never_matches() -> None:
    assert award_of({"rule": "match_correct", "correct": ""}, None).points == 0


def test_several_values_for_a_single_item_are_invalid() -> None:
    award = award_of({"rule": "match_correct", "correct": "A"}, ["A", "A"])
    assert award.is_invalid
    assert award.points == 0


def test_the_explanation_names_the_given_and_the_correct_answer() -> None:
    award = award_of({"rule": "match_correct", "correct": "B", "points": 2}, "C")
    assert award.explanation == "“C” is not the correct answer “B”: 0 of 2 points."


_CHOICE: AnyJson = {
    "rule": "match_correct",
    "correct": "B",
    "points": 3,
    "guessing_penalty": {"choices": 4},
}


def test_under_formula_scoring_a_wrong_answer_costs_its_share_and_no_response_nothing() -> None:
    assert [award_of(_CHOICE, value).points for value in ("B", "C", None)] == [3, -1, 0]
    assert award_of(_CHOICE, "C").explanation == (
        "“C” is not the correct answer “B”: -1 of 3 points (a wrong answer costs points)."
    )
    assert parse_item(_CHOICE).bounds()[0] == -1


def test_blind_guessing_is_worth_nothing_on_average() -> None:
    for choices in (2, 3, 5, 7):
        item = {**_CHOICE, "guessing_penalty": {"choices": choices}}
        wrong = [award_of(item, f"wrong {number}").points for number in range(choices - 1)]
        assert award_of(item, "B").points + sum(wrong) == 0


def test_a_guess_needs_two_choices() -> None:
    with pytest.raises(ValidationError):
        parse_item({**_CHOICE, "guessing_penalty": {"choices": 1}})
