from fractions import Fraction
from typing import Any

import pytest

from assessment_pipeline_tests.core.builders import award_of

_ITEM: dict[str, Any] = {
    "rule": "multi_select",
    "options": ["A", "B", "C", "D"],
    "correct": ["A", "C"],
}


@pytest.mark.parametrize(
    ("method", "points"),
    [
        ("all_or_nothing", "0"),
        ("net_correct", "1/2"),
        ("coverage", "2/3"),
        ("each_option", "3/4"),
        ("r_false", "1/2"),
        ("r_false2", "1/2"),
        ("r_true", "1/2"),
        ("r_all", "0"),
        ("r_none", "1"),
    ],
)
def test_two_right_and_one_wrong_pick_by_each_method(method: str, points: str) -> None:
    assert award_of({**_ITEM, "method": method}, ["A", "B", "C"]).points == Fraction(points)


def test_the_result_is_a_part_of_the_points() -> None:
    item = {**_ITEM, "method": "net_correct", "points": 3}
    assert award_of(item, "A").points == Fraction(3, 2)


def test_a_repeated_pick_counts_once() -> None:
    assert award_of({**_ITEM, "method": "net_correct"}, ["A", "A"]).points == Fraction(1, 2)


def test_a_pick_that_is_no_option_is_invalid() -> None:
    assert award_of(_ITEM, ["A", "Z"]).is_invalid


def test_without_options_any_other_pick_is_wrong() -> None:
    item = {"rule": "multi_select", "method": "net_correct", "correct": ["A", "C"]}
    award = award_of(item, ["A", "C", "Z"])
    assert award.points == Fraction(1, 2)
    assert not award.is_invalid


@pytest.mark.parametrize(
    ("method", "none_picked", "one_picked"),
    [
        ("all_or_nothing", 1, 0),
        ("net_correct", 1, 0),
        ("each_option", 1, Fraction(3, 4)),
        # As pl-checkbox and exams_eval have it.
        ("coverage", 0, 0),
        ("r_none", 0, 0),
    ],
)
def test_if_nothing_is_correct_each_method_gives_what_its_source_does(
    method: str, none_picked: int, one_picked: Fraction
) -> None:
    item = {**_ITEM, "correct": [], "method": method}
    assert award_of(item, []).points == none_picked
    assert award_of(item, ["B"]).points == one_picked


def test_r_false_with_nothing_wrong_to_pick_gives_the_part_picked() -> None:
    item = {**_ITEM, "correct": _ITEM["options"], "method": "r_false"}
    assert award_of(item, ["A"]).points == Fraction(1, 4)


def test_the_explanation_names_right_wrong_and_missed_picks() -> None:
    award = award_of({**_ITEM, "points": 2}, ["A", "B"])
    assert award.explanation == (
        "Correct “A”; wrong “B”; missed “C”: 0 of 2 points (all_or_nothing)."
    )
    nothing = award_of({**_ITEM, "correct": []}, [])
    assert nothing.explanation.startswith("Nothing picked, and nothing is correct: 1 of 1 point")
