from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from assessment_pipeline.core.responses import ItemResponse
from assessment_pipeline.core.rules import parse_item
from assessment_pipeline_tests.core.builders import AnyJson, a_rubric_file, award_of


def _part(correct: str, select: int | None = None, **more: AnyJson) -> dict[str, Any]:
    item = {"rule": "match_correct", "correct": correct, **more}
    return {"item": item} if select is None else {"select": select, "item": item}


def _item(combine: str, *parts: AnyJson, **more: AnyJson) -> dict[str, Any]:
    return {"rule": "composite", "combine": combine, "parts": list(parts), **more}


_PARTS = [_part("A", 1, points=2), _part("B", 2, weight=3), _part("C", 3)]


@pytest.mark.parametrize(
    ("combine", "more", "maximum", "by_response"),
    [
        ("sum", {}, 6, {"ABC": 6, "AXC": 3, "XXX": 0, "AB": 5}),
        ("min", {}, 1, {"ABC": 1, "AXC": 0}),
        ("max", {}, 3, {"ABC": 3, "AXC": 2, "XXX": 0}),
        ("all_of", {"points": 4}, 4, {"ABC": 4, "ABX": 0}),
        ("all_of", {}, 1, {"ABC": 1}),
        ("count_at_least", {"count": 2, "points": 5}, 5, {"AXC": 5, "XXC": 0, "ABC": 5}),
    ],
)
def test_parts_are_combined_after_their_weights(
    combine: str, more: dict[str, Any], maximum: int, by_response: dict[str, int]
) -> None:
    item = _item(combine, *_PARTS, **more)
    assert parse_item(item).maximum() == maximum
    assert {texts: award_of(item, list(texts)).points for texts in by_response} == by_response


def test_a_part_without_select_judges_the_whole_response() -> None:
    item = _item("sum", _part("A"), {"item": {"rule": "constant", "points": "1/2"}})
    assert award_of(item, "A").points == Fraction(3, 2)


def test_a_part_that_cannot_have_its_value_is_worth_0_and_all_of_them_are_invalid() -> None:
    number = {"rule": "numeric", "answers": [{"value": 12}]}
    item = _item("sum", {"select": 1, "item": number}, _part("kg", 2))
    award = award_of(item, ["twelve", "kg"])
    assert award.points == 1
    assert not award.is_invalid
    assert "Part 1: “twelve” is not a number (invalid)." in award.explanation
    assert award_of(_item("sum", {"item": number}), "twelve").is_invalid
    bounded = {"item": {"rule": "map_response", "entries": [], "lower_bound": 1}}
    assert award_of(_item("sum", bounded), ["a", "b"]).is_invalid
    assert award_of(_item("sum", bounded, _part("a", 1)), ["a", "b"]).points == 1


def test_an_error_in_a_part_goes_before_what_is_pending() -> None:
    ratings = {"rule": "ratings", "criteria": [{"id": "c", "levels": [{"id": 1, "points": 1}]}]}
    words = {
        "rule": "feature_bands",
        "bands": [{"feature": "words", "minimum": 1, "points": 1}],
    }
    pending = parse_item(_item("sum", {"item": ratings}, _part("A")))
    award = pending.award(ItemResponse("q", "A", "answered"))
    assert award.unfinished == "pending_ratings"
    assert award.trace["parts"][0]["points"] is None  # type: ignore[call-overload,index]
    both = parse_item(_item("sum", {"item": ratings}, {"item": words}))
    assert both.award(ItemResponse("q", "A", "answered")).unfinished == "error"
    assert both.needs_ratings
    assert both.features_read == {"words"}
    assert not parse_item(_item("sum", _part("A"))).needs_ratings


def test_the_explanation_tells_every_part_and_the_whole() -> None:
    award = award_of(_item("count_at_least", *_PARTS, count=1), ["A", "X"])
    assert award.explanation == (
        "Part 1: “A” is correct: 2 of 2 points. "
        "Part 2: “X” is not the correct answer “B”: 0 of 1 point. Part 3: No response. "
        "Together (at least 1 right): 1 of 1 point."
    )
    assert "Together (all_of): 0 of 1 point." in award_of(_item("all_of", *_PARTS), "A").explanation


@pytest.mark.parametrize(
    "item",
    [
        _item("count_at_least", _part("A")),
        _item("sum", _part("A"), count=1),
        _item("sum"),
        _item("sum", {"item": {"rule": "void"}}),
        _item("sum", {"item": _item("sum", _part("A"))}),
        _item("sum", _part("A", 0)),
    ],
)
def test_what_cannot_be_a_part_or_a_combination_is_refused(item: AnyJson) -> None:
    with pytest.raises(ValidationError):
        parse_item(item)


def test_what_parts_and_item_say_against_each_other_is_found() -> None:
    item = _item(
        "sum",
        _part("A", dimension="d"),
        _part("A", examples=[{"response": "A", "points": 1}]),
        {"item": {"rule": "match_correct", "correct": []}},
        points=3,
    )
    assert [finding.path for finding in parse_item(item).problems()] == [
        ("points",),
        ("parts", 0, "item", "dimension"),
        ("parts", 1, "item", "examples"),
        ("parts", 2, "item", "correct"),
    ]
    few = parse_item(_item("count_at_least", _part("A"), count=2))
    assert [finding.path for finding in few.problems()] == [("count",)]


def test_a_refusal_in_a_part_points_to_its_place_in_the_file() -> None:
    from assessment_pipeline.core.rubrics.catalogue import load_version

    items = {"q1": _item("sum", _part("A", points="much"))}
    problems = load_version(a_rubric_file(items=items))
    assert isinstance(problems, tuple)
    assert [problem.pointer for problem in problems] == ["/items/q1/parts/0/item/points"]
