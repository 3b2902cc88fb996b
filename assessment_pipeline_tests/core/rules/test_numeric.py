from fractions import Fraction
from typing import Any

import pytest

from assessment_pipeline.core.rules import Award
from assessment_pipeline_tests.core.builders import AnyJson, award_of


def _award(response: AnyJson, answer: str = "3.14", /, **tolerance: AnyJson) -> Award:
    return award_of(
        {"rule": "numeric", "answers": [{"value": answer, "tolerance": tolerance}]}, response
    )


@pytest.mark.parametrize(
    ("answer", "tolerance", "accepted", "refused"),
    [
        ("3.14", {"mode": "exact"}, ["3.14", 3.14, "3.140", "314e-2"], ["3.1400001"]),
        ("3.14", {"mode": "absolute", "value": "0.01"}, [3.13, "3.15"], ["3.1299", "3.1501"]),
        ("10", {"mode": "absolute", "lower": 1, "upper": 2}, ["9", "12"], ["8.9", "12.1"]),
        ("-100", {"mode": "relative", "lower": "0.1", "upper": 0}, ["-110"], ["-99.9", "-111"]),
        ("3.14", {"mode": "geometric", "value": 1}, ["1.57", "6.28"], ["1.5699", "6.281"]),
        ("-3.14", {"mode": "geometric", "value": 1}, ["-1.57", "-6.28"], ["-1.5699", "6"]),
        ("1200", {"mode": "significant_figures", "figures": 2}, [1249, "1150"], ["1250", "0"]),
        ("0.00015", {"mode": "significant_figures", "figures": 1}, ["0.0002"], ["0.0001"]),
        ("-1.5", {"mode": "decimal_places", "figures": 0}, ["-2", "-2.49"], ["-1.49", "-2.5"]),
        ("1e-10", {"mode": "exact"}, ["0.0000000001"], ["0"]),
        ("1/3", {"mode": "decimal_places", "figures": 2}, ["0.33"], ["0.34"]),
    ],
)
def test_a_number_is_near_enough_by_its_tolerance(
    answer: str, tolerance: dict[str, Any], accepted: list[Any], refused: list[Any]
) -> None:
    assert [_award(value, answer, **tolerance).points for value in accepted] == [1] * len(accepted)
    assert [_award(value, answer, **tolerance).points for value in refused] == [0] * len(refused)


def test_the_first_answer_that_matches_counts() -> None:
    answers = [
        {"value": "3", "fraction": "1/2"},
        {"value": "3", "tolerance": {"mode": "absolute", "value": 1}},
    ]
    item = {"rule": "numeric", "answers": answers, "points": 3}
    assert award_of(item, "3").points == Fraction(3, 2)
    assert award_of(item, "4").points == 3
    assert award_of(item, ["4"]).trace["answer"] == 1


@pytest.mark.parametrize("value", ["12 euro", "1,5", True, ["1", "2"], [""]])
def test_what_is_not_wholly_a_number_is_invalid(value: AnyJson) -> None:
    award = _award(value)
    assert award.is_invalid
    assert award.points == 0


def test_no_response_is_worth_nothing_but_not_invalid() -> None:
    assert not _award(None).is_invalid
    assert _award(" ").points == 0


@pytest.mark.parametrize(
    ("tolerance", "words"),
    [
        ({"mode": "exact"}, "2"),
        ({"mode": "absolute", "value": "0.5"}, "2 ± 0.5"),
        ({"mode": "relative", "lower": "0.1", "upper": "0.2"}, "2 - 0.1 + 0.2 (relative)"),
        ({"mode": "decimal_places", "figures": 1}, "2 to 1 decimal places"),
        ({"mode": "significant_figures", "figures": 3}, "2 to 3 significant figures"),
    ],
)
def test_the_explanation_names_the_tolerance(tolerance: dict[str, Any], words: str) -> None:
    assert _award(9, "2", **tolerance).explanation == f"“9” is not within {words}: 0 of 1 point."


def test_the_explanation_does_not_list_every_answer() -> None:
    answers = [{"value": n} for n in range(5)]
    award = award_of({"rule": "numeric", "answers": answers}, 9)
    assert award.explanation == "“9” is not within 0 or 1 or 2 or any of 2 more: 0 of 1 point."
