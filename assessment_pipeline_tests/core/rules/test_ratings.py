from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from assessment_pipeline.core.responses import ItemResponse
from assessment_pipeline.core.rules import Award, parse_item
from assessment_pipeline_tests.core.builders import AnyJson

_LEVELS = [{"id": str(points), "points": points} for points in range(11)]


def _item(*, criteria: int = 1, **resolve: AnyJson) -> dict[str, Any]:
    return {
        "rule": "ratings",
        "criteria": [{"id": f"c{number + 1}", "levels": _LEVELS} for number in range(criteria)],
        "resolve": resolve,
    }


def _rated(level: str | int, rater: str = "r1", criterion: str = "c1", **more: str) -> AnyJson:
    return {
        "rater_id": rater,
        "criterion_id": criterion,
        "level_id": str(level),
        "kind": "human",
        **more,
    }


def _by_raters(*levels: int) -> list[Any]:
    return [_rated(level, f"r{number}") for number, level in enumerate(levels)]


def _award(item: dict[str, Any], ratings: list[Any]) -> Award:
    return parse_item(item).award(ItemResponse("q", None, "answered", ratings=tuple(ratings)))


@pytest.mark.parametrize(
    ("method", "levels", "points"),
    [
        ("single", [3], "3"),
        ("latest", [3, 9, 4], "4"),
        ("mean", [3, 4], "7/2"),
        ("mean", [1, 1, 2], "4/3"),
        ("median", [9, 2, 3], "3"),
        ("median", [2, 3, 4, 9], "7/2"),
        ("higher", [3, 5], "5"),
        ("lower", [3, 5], "3"),
    ],
)
def test_ratings_are_resolved_exactly(method: str, levels: list[int], points: str) -> None:
    assert _award(_item(method=method), _by_raters(*levels)).points == Fraction(points)


@pytest.mark.parametrize(
    ("rounding", "points"), [("ceil", 3), ("floor", 2), ("half_even", 2), ("half_up", 3)]
)
def test_a_criterion_is_rounded_as_declared(rounding: str, points: int) -> None:
    assert _award(_item(method="mean", rounding=rounding), _by_raters(2, 3)).points == points


def test_criteria_are_rounded_each_weighted_and_added_up() -> None:
    item = _item(criteria=2, method="mean", rounding="ceil")
    item["criteria"][1]["weight"] = "1/2"
    ratings = [*_by_raters(2, 3), _rated(4, "r0", "c2"), _rated(5, "r1", "c2")]
    award = _award(item, ratings)
    assert award.points == 3 + Fraction(5, 2)
    assert award.explanation == ("C1 3 (mean of 2, 3), c2 2.5 (mean of 4, 5): 5.5 of 15 points.")


def test_the_maximum_is_declared_or_the_best_sum() -> None:
    assert parse_item(_item(criteria=2)).maximum() == 20
    short = {**_item(), "points": 5}
    assert parse_item(short).maximum() == 5
    assert _award(short, [_rated(9)]).points == 5
    below: dict[str, Any] = {
        "rule": "ratings",
        "criteria": [{"id": "c1", "levels": [{"id": 1, "points": -1}]}],
    }
    assert parse_item(below).maximum() == 0


def test_a_criterion_without_a_rating_waits_and_is_never_0() -> None:
    award = _award(_item(criteria=2), [_rated(3)])
    assert award.unfinished == "pending_ratings"
    assert award.explanation == "Waits for ratings: c2: 1 needed, none there."
    assert _award(_item(method="mean", minimum_ratings=2), [_rated(3)]).explanation == (
        "Waits for ratings: c1: 2 needed, 1 there."
    )


def test_a_gap_over_the_limit_needs_a_third_rating() -> None:
    item = _item(method="mean", adjudicate_if_gap_over=1)
    apart = _award(item, _by_raters(2, 4))
    assert apart.unfinished == "pending_ratings"
    assert "the ratings lie 2 apart, so a third is needed" in apart.explanation
    assert _award(item, _by_raters(2, 3)).points == Fraction(5, 2)
    assert _award(item, _by_raters(2)).unfinished == "pending_ratings"
    assert _award(item, _by_raters(2, 4, 6)).points == 4


def test_an_expert_settles_a_gap_alone() -> None:
    item = _item(method="mean", adjudicate_if_gap_over=1, adjudication="expert")
    assert _award(item, _by_raters(2, 4, 9)).points == 9
    assert _award(item, _by_raters(2, 3, 10)).points == 5


@pytest.mark.parametrize(
    ("rating", "reason"),
    [
        (_rated(3, criterion="spelling"), "A rating names criterion “spelling”, which does not"),
        (_rated(11), "A rating of c1 names level “11”, which does not exist."),
    ],
)
def test_an_unknown_criterion_or_level_is_an_error_with_its_reason(
    rating: AnyJson, reason: str
) -> None:
    award = _award(_item(criteria=2), [rating])
    assert award.unfinished == "error"
    assert award.explanation.startswith(reason)


def test_several_ratings_where_one_is_expected_are_an_error_even_beside_a_missing_one() -> None:
    award = _award(_item(criteria=2), _by_raters(3, 4))
    assert award.unfinished == "error"
    assert award.explanation == ("Cannot be resolved: c1: 2 ratings where one is expected.")


def test_a_later_rating_of_the_same_rater_replaces_the_earlier() -> None:
    assert _award(_item(), [_rated(3), _rated(5)]).points == 5
    item = _item(method="mean")
    again = [*_by_raters(2, 4), _rated(10, "r0")]
    assert _award(item, again).points == 7
    assert _award(_item(method="latest"), again).points == 10


def test_latest_is_by_time_then_by_order_and_what_has_no_time_comes_first() -> None:
    early, late = "2026-11-20T09:00:00+01:00", "2026-11-20T08:30:00Z"
    ratings = [_rated(1, "r1", rated_at=late), _rated(2, "r2", rated_at=early), _rated(3, "r3")]
    assert _award(_item(method="latest"), ratings).points == 1
    assert _award(_item(method="latest"), _by_raters(1, 2)).points == 2
    odd = [_rated(1, "r1", rated_at=late), _rated(2, "r2", rated_at="soon")]
    assert _award(_item(method="latest"), odd).points == 1


def test_human_and_machine_count_alike_unless_one_kind_is_chosen() -> None:
    ratings = [_rated(2), _rated(8, kind="machine")]
    assert _award(_item(method="mean"), ratings).points == 5
    assert _award(_item(kind="human"), ratings).points == 2
    assert _award(_item(kind="machine"), ratings).points == 8


def test_single_has_nothing_to_compare() -> None:
    for more in ({"minimum_ratings": 2}, {"adjudicate_if_gap_over": 1}):
        with pytest.raises(ValidationError):
            parse_item(_item(method="single", **more))


def test_ids_that_are_there_twice_and_points_beyond_the_levels_are_found() -> None:
    item = _item(criteria=1)
    item["criteria"].append({"id": "c1", "levels": [*_LEVELS, _LEVELS[0]]})
    item["points"] = 21
    assert [finding.path for finding in parse_item(item).problems()] == [
        ("criteria", 1, "id"),
        ("criteria", 1, "levels", 11, "id"),
        ("points",),
    ]


def test_a_rating_that_lacks_its_fields_is_an_error_not_a_crash() -> None:
    assert _award(_item(), [{}]).unfinished == "error"
