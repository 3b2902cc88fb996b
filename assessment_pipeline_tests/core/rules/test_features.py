"""feature_bands and feature_linear: what both make of the features of a response."""

from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from assessment_pipeline.core.responses import FeatureRow, ItemResponse
from assessment_pipeline.core.rules import Award, ItemRule, parse_item

_BANDS: dict[str, Any] = {
    "rule": "feature_bands",
    "bands": [
        {"feature": "words", "minimum": 50, "points": 2},
        {"feature": "words", "minimum": 10, "points": 1},
        {"feature": "rapid_guess", "minimum": 1, "points": "-1/2"},
    ],
}
_LINE: dict[str, Any] = {
    "rule": "feature_linear",
    "intercept": "1/3",
    "terms": [
        {"feature": "words", "coefficient": "1/3"},
        {"feature": "rapid_guess", "coefficient": "-2"},
    ],
    "trim": {"minimum": 1, "maximum": 4, "tolerance": "0.49998"},
}


def _award(item: dict[str, Any], **features: str | int) -> Award:
    values = {name: Fraction(value) for name, value in features.items()}
    row = FeatureRow({"words": None, **values}, {"words": "not_text"})
    return parse_item(item).award(ItemResponse("q", "text", "answered", row))


def _paths(item: dict[str, Any]) -> list[tuple[str | int, ...]]:
    return [finding.path for finding in parse_item(item).problems()]


@pytest.mark.parametrize(
    ("words", "rapid_guess", "points"),
    [(9, 0, "0"), (10, 0, "1"), (49, 1, "1/2"), (50, 0, "2"), (9, 1, "-1/2")],
)
def test_the_highest_minimum_reached_counts_for_each_feature(
    words: int, rapid_guess: int, points: str
) -> None:
    assert _award(_BANDS, words=words, rapid_guess=rapid_guess).points == Fraction(points)


def test_the_order_of_the_bands_never_matters() -> None:
    turned = {**_BANDS, "bands": _BANDS["bands"][::-1]}
    assert _award(_BANDS, words=60, rapid_guess=1) == _award(turned, words=60, rapid_guess=1)


def test_the_maximum_of_bands_is_declared_or_the_best_sum() -> None:
    assert parse_item(_BANDS).maximum() == 2
    short = {**_BANDS, "points": 1}
    assert parse_item(short).maximum() == 1
    assert _award(short, words=60, rapid_guess=0).points == 1


def test_bands_that_begin_alike_unknown_features_and_unreachable_points_are_found() -> None:
    band = {"feature": "words", "minimum": 50, "points": 3}
    assert _paths({**_BANDS, "bands": [*_BANDS["bands"], band], "points": 4}) == [
        ("bands", 3, "minimum"),
        ("points",),
    ]
    assert _paths({**_BANDS, "bands": [{**band, "feature": "beauty"}]}) == [("bands", 0, "feature")]


def test_a_band_says_what_was_reached() -> None:
    award = _award(_BANDS, words=12, rapid_guess=0)
    assert award.explanation == (
        "Rapid_guess is 0 (below all bands: 0), words is 12 (from 10 on: 1): 1 of 2 points."
    )


@pytest.mark.parametrize(
    ("words", "rapid_guess", "points"),
    [(5, 0, "2"), (5, 1, "0.50002"), (500, 0, "4.49998"), (7, 0, "8/3")],
)
def test_a_line_is_exact_and_trimmed_with_its_tolerance(
    words: int, rapid_guess: int, points: str
) -> None:
    assert _award(_LINE, words=words, rapid_guess=rapid_guess).points == Fraction(points)


def test_the_maximum_of_a_line_is_declared_or_where_trim_ends() -> None:
    assert parse_item(_LINE).maximum() == Fraction("4.49998")
    whole = {**_LINE, "points": 4}
    assert parse_item(whole).maximum() == 4
    assert _award(whole, words=500, rapid_guess=0).points == 4
    untrimmed = {**_LINE, "points": 4, "trim": {}}
    assert _award(untrimmed, words=500, rapid_guess=0).points == 4
    assert _award(untrimmed, words=0, rapid_guess=1).points == Fraction(-5, 3)


def test_a_line_needs_to_know_what_full_credit_is() -> None:
    assert _paths({**_LINE, "trim": {"minimum": 0}}) == [()]


def test_what_is_wrong_with_a_line_is_found() -> None:
    terms = [*_LINE["terms"], {"feature": "words", "coefficient": 1}]
    assert _paths({**_LINE, "terms": terms}) == [("terms", 2, "feature")]
    assert _paths({**_LINE, "points": "0.5", "trim": {"minimum": 1}}) == [("trim", "minimum")]
    assert _paths({**_LINE, "trim": {"maximum": -1}}) == [("trim", "maximum")]
    assert _paths({**_LINE, "terms": [{"feature": "x", "coefficient": 1}]}) == [
        ("terms", 0, "feature")
    ]
    with pytest.raises(ValidationError):
        parse_item({**_LINE, "trim": {"minimum": 2, "maximum": 1}})


def test_a_line_is_explained_term_by_term() -> None:
    assert _award(_LINE, words=6, rapid_guess=0).explanation == (
        "1/3 + -2 x rapid_guess 0 + 1/3 x words 6: 7/3 of 4.49998 points."
    )
    without = {**_LINE, "intercept": 0, "terms": [{"feature": "words", "coefficient": 1}]}
    assert _award(without, words=2).explanation == "1 x words 2: 2 of 4.49998 points."


@pytest.mark.parametrize("item", [parse_item(_BANDS), parse_item(_LINE)], ids=["bands", "line"])
def test_a_feature_without_a_value_is_an_error_never_0(item: ItemRule) -> None:
    row = FeatureRow({"words": None, "rapid_guess": Fraction(0)}, {"words": "not_text"})
    award = item.award(ItemResponse("q", ("a",), "answered", row))
    assert award.unfinished == "error"
    assert award.explanation == "Feature words has no value: not_text."
    unknown = item.award(ItemResponse("q", "a", "answered", FeatureRow({}, {})))
    assert unknown.explanation == "Feature rapid_guess has no value: not_extracted."
    missing = item.award(ItemResponse("q", "a", "answered"))
    assert missing.explanation == "The features of this response were not extracted."
    assert missing.unfinished == "error"


def test_only_rules_over_features_need_them() -> None:
    assert parse_item(_BANDS).features_read == {"words", "rapid_guess"}
    assert parse_item(_LINE).needs_features
    assert not parse_item({"rule": "void"}).needs_features
