from fractions import Fraction
from itertools import combinations, permutations
from typing import Any

import pytest
from pydantic import ValidationError

from assessment_pipeline.core.rules import parse_item
from assessment_pipeline_tests.core.builders import AnyJson, award_of

_METHODS = (
    "all_or_nothing",
    "absolute",
    "next_excl_last",
    "next_incl_last",
    "one_prev_next",
    "all_prev_next",
    "longest_ordered",
    "longest_contiguous",
    "relative_to_correct",
    "kendall",
)


def _points(method: str, response: AnyJson, correct: str = "ABCDE") -> Fraction:
    item: dict[str, Any] = {"rule": "ordering", "method": method, "correct": list(correct)}
    return award_of(item, list(response) if isinstance(response, str) else response).points


@pytest.mark.parametrize(
    ("method", "points"),
    [
        ("all_or_nothing", "0"),
        ("absolute", "1/5"),
        ("next_excl_last", "1/4"),
        ("next_incl_last", "2/5"),
        ("one_prev_next", "3/10"),
        ("all_prev_next", "1/2"),
        ("longest_ordered", "3/5"),
        ("longest_contiguous", "2/5"),
        ("relative_to_correct", "3/5"),
        ("kendall", "1/2"),
    ],
)
def test_each_method_on_an_order_that_is_partly_right(method: str, points: str) -> None:
    assert _points(method, "CDBAE") == Fraction(points)


@pytest.mark.parametrize("method", _METHODS)
def test_only_the_correct_order_is_worth_everything(method: str) -> None:
    full = ["".join(order) for order in permutations("ABCD") if _points(method, order, "ABCD") == 1]
    assert full == ["ABCD"]


def test_the_longest_subsequence_is_found_where_a_greedy_search_misses_it() -> None:
    for order in permutations("ABCDE"):
        longest = max(
            (size for size in range(2, 6) for pick in combinations(order, size)
             if list(pick) == sorted(pick)),
            default=0,
        )  # fmt: skip
        assert _points("longest_ordered", order) == Fraction(longest, 5)


def test_a_contiguous_run_allows_nothing_in_between() -> None:
    assert _points("longest_contiguous", "ABDCE") == Fraction(2, 5)
    assert _points("longest_contiguous", ["A", "Z", "B", "E", "C", "D"]) == Fraction(2, 5)


@pytest.mark.parametrize("method", ["longest_ordered", "longest_contiguous"])
def test_a_sequence_of_one_is_none(method: str) -> None:
    assert _points(method, "EDCBA") == 0


def test_kendall_is_tau_brought_to_between_0_and_1() -> None:
    for order in permutations("ABCD"):
        pairs = list(combinations(order, 2))
        tau = Fraction(sum(1 if one < other else -1 for one, other in pairs), len(pairs))
        assert _points("kendall", order, "ABCD") == (tau + 1) / 2


@pytest.mark.parametrize(
    ("method", "points"),
    [
        ("all_or_nothing", "0"),
        ("absolute", "2/5"),
        ("next_excl_last", "1/4"),
        ("next_incl_last", "1/5"),
        ("one_prev_next", "3/10"),
        ("all_prev_next", "1/10"),
        ("longest_ordered", "2/5"),
        ("longest_contiguous", "2/5"),
        ("relative_to_correct", "2/5"),
        ("kendall", "1/10"),
    ],
)
def test_what_is_missing_earns_nothing_and_stays_in_the_denominator(
    method: str, points: str
) -> None:
    assert _points(method, "AB") == Fraction(points)


def test_what_is_no_item_or_repeated_holds_its_place_but_is_nothing() -> None:
    assert _points("absolute", "AZBDE") == Fraction(3, 5)
    assert _points("next_excl_last", "AZBCD") == Fraction(2, 4)
    assert _points("absolute", "AAAAA") == Fraction(1, 5)
    assert _points("next_incl_last", "ABCDEE") == Fraction(4, 5)
    assert _points("kendall", "ABCDEA") == 1
    assert _points("all_or_nothing", "ABCDEA") == 0
    assert _points("relative_to_correct", "ZZZZZZZZZA") == 0


@pytest.mark.parametrize("method", _METHODS)
def test_no_response_is_worth_nothing(method: str) -> None:
    assert _points(method, None) == 0


def test_an_order_needs_two_items() -> None:
    with pytest.raises(ValidationError):
        parse_item({"rule": "ordering", "correct": ["A"]})


def test_an_item_named_twice_is_found() -> None:
    item = parse_item({"rule": "ordering", "correct": ["A", "B", "A"]})
    assert [finding.path for finding in item.problems()] == [("correct", 2)]


def test_the_explanation_counts_and_names_what_is_missing() -> None:
    item = {"rule": "ordering", "method": "absolute", "correct": ["A", "B", "C"], "points": 3}
    assert award_of(item, ["A", "Z", "B"]).explanation == (
        "1 of 3 items at their place (missing “C”; 1 of the response are no item, or repeated): "
        "1 of 3 points (absolute)."
    )
    assert award_of(item, ["A", "B", "C"]).explanation == (
        "3 of 3 items at their place: 3 of 3 points (absolute)."
    )
