from fractions import Fraction
from typing import Any

import pytest

from assessment_pipeline.core.rules import parse_item
from assessment_pipeline_tests.core.builders import award_of

_MAP: dict[str, Any] = {"rule": "map_response", "entries": [{"key": "A", "points": 2}]}


def test_a_case_sensitive_entry_goes_before_one_that_is_not() -> None:
    entries = [
        {"key": "york", "points": 1, "case_sensitive": False},
        {"key": "York", "points": 2},
    ]
    item = {"rule": "map_response", "entries": entries}
    assert award_of(item, "York").points == 2
    assert award_of(item, "YORK").points == 1


@pytest.mark.parametrize(
    ("response", "cardinality", "points"),
    [("1", "single", 4), (["1"], "multiple", 4), (["1", "1"], "multiple", 4), (None, "single", 0)],
)
def test_entries_for_the_same_value_add_up_as_in_qti_sdk(
    response: object, cardinality: str, points: int
) -> None:
    item: dict[str, Any] = {
        "rule": "map_response",
        "base_type": "integer",
        "cardinality": cardinality,
        "entries": [{"key": "1", "points": "1.5"}, {"key": "1", "points": "2.5"}],
    }
    assert award_of(item, response).points == points
    assert award_of(item, "1").points == parse_item(item).maximum()


def test_values_that_are_one_pair_count_once() -> None:
    item = {
        "rule": "map_response",
        "base_type": "pair",
        "cardinality": "multiple",
        "entries": [{"key": "A B", "points": 1}],
    }
    assert award_of(item, ["A B", "B A"]).points == 1


@pytest.mark.parametrize(
    ("more", "points"),
    [
        ({"default": -1}, -1),
        ({"default": -1, "blank": "1/2"}, Fraction(1, 2)),
        ({"default": None}, 0),
        ({"blank": 1, "entries": [{"key": "", "points": 3}]}, 3),
        ({"default": -5, "lower_bound": -2}, -2),
    ],
)
def test_no_response_is_worth_the_empty_entry_else_blank_else_the_default(
    more: dict[str, Any], points: Fraction
) -> None:
    assert award_of({**_MAP, **more}, None).points == points


def test_bounds_are_told_in_the_award() -> None:
    award = award_of({**_MAP, "upper_bound": 1}, "A")
    assert award.points == 1
    assert award.unbounded == 2
    assert award.explanation == "“A” counts 2. The item gives at most 1."


@pytest.mark.parametrize(
    ("more", "maximum"),
    [
        ({}, 2),
        ({"points": 5}, 5),
        ({"upper_bound": "1.5"}, Fraction(3, 2)),
        ({"default": 3}, 3),
        ({"cardinality": "multiple", "default": 3}, 2),
        ({"lower_bound": 4}, 4),
        ({"entries": [{"key": "A", "points": -1}, {"key": "B", "points": -2}]}, 0),
    ],
)
def test_the_maximum_is_declared_or_the_best_reachable_sum(
    more: dict[str, Any], maximum: Fraction
) -> None:
    assert parse_item({**_MAP, **more}).maximum() == maximum


def test_several_values_for_a_single_item_are_invalid() -> None:
    assert award_of(_MAP, ["A", "B"]).is_invalid


def test_the_explanation_says_what_each_value_counts() -> None:
    award = award_of({**_MAP, "cardinality": "multiple"}, ["A", "Z"])
    assert award.explanation == (
        "“A” counts 2, “Z” counts 0 (no entry, so the default); together 2."
    )
    many = award_of({**_MAP, "cardinality": "multiple"}, [str(n) for n in range(7)])
    assert "and 2 more; together 0." in many.explanation


def test_what_is_no_value_of_the_base_type_is_worth_the_default() -> None:
    item = {
        "rule": "map_response",
        "base_type": "integer",
        "default": "1/2",
        "entries": [{"key": 12, "points": 1}],
    }
    assert award_of(item, "12.0").points == 1
    assert award_of(item, "a dozen").points == Fraction(1, 2)
