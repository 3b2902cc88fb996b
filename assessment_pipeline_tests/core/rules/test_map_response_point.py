from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from assessment_pipeline.core.rules import parse_item
from assessment_pipeline_tests.core.builders import AnyJson, award_of

_CIRCLE: dict[str, Any] = {"shape": "circle", "coords": [10, 10, 5], "points": 1}


def _item(*areas: AnyJson, **more: AnyJson) -> dict[str, Any]:
    return {"rule": "map_response_point", "areas": list(areas), **more}


@pytest.mark.parametrize(
    ("area", "inside", "outside"),
    [
        ({"shape": "circle", "coords": [10, 10, 5]}, ["15 10", "13 14"], ["14 14", "16 10"]),
        ({"shape": "circle", "coords": [1, 1, 0]}, ["1 1"], ["1 2"]),
        ({"shape": "rect", "coords": [0, 0, 4, 2]}, ["0 0", "4 2"], ["5 1", "2 3", "-1 1"]),
        ({"shape": "ellipse", "coords": [0, 0, 5, 3]}, ["5 0", "0 -3", "3 2"], ["4 2", "0 4"]),
        ({"shape": "ellipse", "coords": [0, 0, 5, 0]}, ["-5 0", "2 0"], ["6 0", "0 1"]),
        ({"shape": "ellipse", "coords": [0, 0, 0, 5]}, ["0 5"], ["1 0"]),
        ({"shape": "default"}, ["0 0", "-999999 7"], []),
        (
            {"shape": "poly", "coords": [0, 0, 4, 0, 4, 4, 0, 4]},
            ["0 0", "2 2", "4 1", "0 3", "2 4", "4 4"],
            ["5 2", "-1 0", "2 5"],
        ),
        # A hook: inside, on the inner corner, and in the notch.
        (
            {"shape": "poly", "coords": [0, 0, 6, 0, 6, 6, 4, 6, 4, 2, 0, 2]},
            ["5 5", "4 2", "3 1"],
            ["3 3", "0 3", "3 6"],
        ),
        # A bow tie crosses itself: even-odd, closed by itself.
        ({"shape": "poly", "coords": [0, 0, 4, 4, 4, 0, 0, 4]}, ["1 2", "2 2"], ["2 1", "2 3"]),
    ],
)
def test_an_edge_is_inside_and_what_lies_beyond_is_not(
    area: AnyJson, inside: list[str], outside: list[str]
) -> None:
    item = _item({**area, "points": 1})
    assert {point: award_of(item, point).points for point in inside} == dict.fromkeys(inside, 1)
    assert {point: award_of(item, point).points for point in outside} == dict.fromkeys(outside, 0)


def test_an_area_counts_once_and_areas_that_overlap_are_all_hit() -> None:
    item = _item(_CIRCLE, {"shape": "default", "points": "1/2"}, cardinality="multiple", default=-1)
    assert award_of(item, ["10 10", "11 11"]).points == Fraction(3, 2)


@pytest.mark.parametrize("value", [None, [], "99 99", "here", "1.5 2", "10", ["x", ""], True])
def test_if_no_area_is_hit_the_default_counts_once(value: AnyJson) -> None:
    item = _item(_CIRCLE, default="2/3", cardinality="multiple")
    assert award_of(item, value).points == Fraction(2, 3)


def test_a_point_that_misses_beside_one_that_hits_costs_nothing() -> None:
    item = _item(_CIRCLE, default=-1, cardinality="multiple")
    assert award_of(item, ["10 10", "99 99", "nowhere"]).points == 1


def test_bounds_hold_for_sum_and_default() -> None:
    low = _item({**_CIRCLE, "points": -3}, lower_bound=-1, default=-2)
    assert [award_of(low, value).points for value in ("10 10", "99 99")] == [-1, -1]
    high = award_of(_item({**_CIRCLE, "points": 9}, upper_bound=5), "10 10")
    assert high.points == 5
    assert high.unbounded == 9


def test_several_points_for_a_single_item_are_invalid() -> None:
    assert award_of(_item(_CIRCLE), ["10 10", "10 11"]).is_invalid


def test_whole_numbers_in_any_notation_make_a_point() -> None:
    assert award_of(_item(_CIRCLE), " 1.0e1\t+10.0 ").points == 1


_NEAR: dict[str, Any] = {"shape": "circle", "coords": [18, 18, 5], "points": 2}
_HUGE: dict[str, Any] = {"shape": "rect", "coords": [0, 0, 900, 900], "points": 3}


@pytest.mark.parametrize(
    ("areas", "more", "maximum"),
    [
        ([_CIRCLE], {}, 1),
        ([_CIRCLE], {"points": 7}, 7),
        ([_CIRCLE], {"upper_bound": "1/2"}, Fraction(1, 2)),
        ([_CIRCLE], {"lower_bound": 4}, 4),
        ([_CIRCLE], {"default": 3}, 3),
        ([{**_CIRCLE, "points": -1}], {}, 0),
        # The boxes of these two overlap, the circles do not.
        ([_CIRCLE, _NEAR], {}, 2),
        ([_CIRCLE, {**_NEAR, "coords": [14, 14, 5]}], {}, 3),
        ([_CIRCLE, _NEAR], {"cardinality": "multiple"}, 3),
        ([_CIRCLE, {"shape": "default", "points": "-1/4"}], {}, Fraction(3, 4)),
        # Too much in common to look at every point: never less than can be reached.
        ([_HUGE, {**_HUGE, "coords": [1, 1, 901, 901]}, {**_HUGE, "coords": [2000, 0, 2001, 1]}],
         {}, 6),
    ],
)  # fmt: skip
def test_the_maximum_is_declared_or_what_one_response_can_reach(
    areas: list[AnyJson], more: dict[str, Any], maximum: Fraction
) -> None:
    assert parse_item(_item(*areas, **more)).maximum() == maximum


@pytest.mark.parametrize(
    "area",
    [
        {"shape": "circle", "coords": [1, 2]},
        {"shape": "circle", "coords": [1, 2, -3]},
        {"shape": "ellipse", "coords": [1, 2, 3, -4]},
        {"shape": "rect", "coords": [5, 0, 1, 9]},
        {"shape": "rect", "coords": [0, 9, 5, 1]},
        {"shape": "poly", "coords": [0, 0, 1, 1]},
        {"shape": "poly", "coords": [0, 0, 1, 1, 2, 2, 3]},
        {"shape": "default", "coords": [0]},
        {"shape": "star", "coords": [0, 0]},
    ],
)
def test_coordinates_that_are_no_shape_are_refused(area: AnyJson) -> None:
    with pytest.raises(ValidationError):
        parse_item(_item({**area, "points": 1}))


def test_bounds_that_cross_and_an_area_that_is_there_twice_are_found() -> None:
    item = parse_item(_item(_CIRCLE, {**_CIRCLE, "points": 2}, lower_bound=2, upper_bound=1))
    assert [finding.path for finding in item.problems()] == [("lower_bound",), ("areas", 1)]


def test_the_explanation_names_the_areas_hit() -> None:
    hit = award_of(_item(_CIRCLE, {"shape": "default", "points": 2}), "10 10")
    assert hit.explanation == (
        "Hit: area 1 (circle) counts 1, area 2 (default) counts 2; together 3."
    )
    assert award_of(_item(_CIRCLE), "0 0").explanation == "No area is hit: that counts 0."
    assert award_of(_item(_CIRCLE), None).explanation == "No response: that counts 0."
    circles = [{**_CIRCLE, "coords": [10, 10, radius]} for radius in range(7)]
    assert "and 2 more; together 7." in award_of(_item(*circles), "10 10").explanation
