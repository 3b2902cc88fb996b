"""What holds for every rule, whatever is asked and whatever is answered."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.core.responses import FeatureRow, ItemResponse, ResponseValue
from assessment_pipeline.core.rules import RULE_NAMES, ItemRule, parse_item
from assessment_pipeline.core.rules.areas import Area
from assessment_pipeline.core.rules.normalisation import (
    Steps,
    _placed_characters,
    keeps_places,
    normalise,
    original_places,
)
from assessment_pipeline.core.rules.ordering import OrderingMethod
from assessment_pipeline_tests.cpu_limits import cpu_limit

_OPTIONS = ["A", "B", "C", "D", "E"]
_STEPS = [
    "trim",
    "collapse_whitespace",
    "casefold",
    "nfc",
    "nfkc",
    "strip_punctuation",
    "strip_accents",
]
_SETS: list[dict[str, Any]] = [
    {"rule": "match_correct", "correct": ["A B", "C D"], "cardinality": "multiple", "base_type": b}
    for b in ("identifier", "integer", "decimal", "boolean", "pair", "directed_pair", "point")
]
_ITEMS: list[dict[str, Any]] = [
    *_SETS,
    {"rule": "match_correct", "correct": "B"},
    {
        "rule": "map_response",
        "cardinality": "multiple",
        "lower_bound": "-1",
        "upper_bound": 3,
        "default": "-1/3",
        "entries": [{"key": "A", "points": 2}, {"key": "b", "points": 1, "case_sensitive": False}],
    },
    {"rule": "text", "normalise": _STEPS, "answers": [{"text": "*a*", "match": "wildcard"}]},
    {"rule": "text", "answers": [{"text": "(a|b)+.*", "match": "regex", "fraction": "1/2"}]},
    {"rule": "text", "answers": [{"text": "ab", "match": "edit_distance", "max_edits": 2}]},
    {
        "rule": "keywords",
        "normalise": _STEPS,
        "whole_words": False,
        "criteria": [{"id": "x", "any_of": ["a", "e"], "points": 1}],
    },
    {"rule": "match_correct", "correct": "B", "guessing_penalty": {"choices": 4}},
    {
        "rule": "map_response_point",
        "cardinality": "multiple",
        "lower_bound": "-2",
        "default": "-1/3",
        "areas": [
            {"shape": "circle", "coords": [1, 2, 3], "points": 2},
            {"shape": "poly", "coords": [0, 0, 9, 1, 4, 7], "points": "-1/7"},
            {"shape": "ellipse", "coords": [0, 0, 2, 5], "points": 1},
        ],
    },
    {
        "rule": "feature_bands",
        "points": 2,
        "bands": [
            {"feature": "words", "minimum": "1/2", "points": 3},
            {"feature": "number", "minimum": "-1", "points": 1},
        ],
    },
    {
        "rule": "feature_linear",
        "terms": [{"feature": "words", "coefficient": "-1/3"}],
        "trim": {"minimum": "-1", "maximum": 2, "tolerance": "1/4"},
    },
    {
        "rule": "ratings",
        "criteria": [
            {"id": "c", "levels": [{"id": "a", "points": 1}, {"id": "b", "points": 3}]},
            {"id": "d", "weight": "1/3", "levels": [{"id": "a", "points": 1}]},
        ],
        "resolve": {"method": "mean", "adjudicate_if_gap_over": 1},
    },
    {
        "rule": "composite",
        "combine": "sum",
        "parts": [
            {"select": 1, "item": {"rule": "numeric", "answers": [{"value": 1}]}},
            {"select": 2, "item": {"rule": "match_correct", "correct": "B", "weight": "1/3"}},
            {"item": {"rule": "multi_select", "correct": ["A"], "method": "coverage"}},
        ],
    },
    *(
        {"rule": "ordering", "method": method, "correct": _OPTIONS}
        for method in OrderingMethod.__args__  # type: ignore[attr-defined]
    ),
    {"rule": "constant", "points": "1/2"},
    {"rule": "full_credit", "who": "answered"},
    {"rule": "void"},
    *(
        {"rule": "multi_select", "method": method, "options": _OPTIONS, "correct": ["A", "C"]}
        for method in ("all_or_nothing", "net_correct", "coverage", "each_option", "r_false2")
    ),
    *(
        {"rule": "numeric", "answers": [{"value": "-3.14", "tolerance": tolerance}]}
        for tolerance in (
            {"mode": "absolute", "lower": "0.1", "upper": 0},
            {"mode": "relative", "value": "0.1"},
            {"mode": "geometric", "value": "0.1"},
            {"mode": "significant_figures", "figures": 2},
            {"mode": "decimal_places", "figures": 0},
        )
    ),
]
_RULES = [pytest.param(parse_item(item), id=f"{item['rule']}-{n}") for n, item in enumerate(_ITEMS)]
_TEXTS = st.text() | st.text(" aAbBéÉ.,-0123456789e\u0301\u2126\uac00\u11a8", max_size=20)
# What comes out longer or shorter than it went in: two that cancel out keep the length alone.
_CHANGING_TEXTS = st.text("aßǰŉ\u0301. ", max_size=4)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS,
    lambda each: st.lists(each, max_size=4).map(tuple) | st.dictionaries(st.text(), each),
    max_leaves=6,
)

_POINTS = st.lists(
    st.tuples(st.integers(-2, 9), st.integers(-2, 9)).map(lambda point: f"{point[0]} {point[1]}")
).map(tuple)
_FEATURES = st.none() | st.dictionaries(
    st.sampled_from(["words", "number"]), st.none() | st.fractions()
).map(lambda values: FeatureRow(values, {"words": "not_text"}))
_RATINGS = st.lists(
    st.fixed_dictionaries(
        {
            "rater_id": st.sampled_from(["r1", "r2", "r3"]),
            "criterion_id": st.sampled_from(["c", "c", "d", "d", "e"]),
            "level_id": st.sampled_from(["a", "a", "a", "b"]),
        },
        optional={"kind": st.just("human"), "rated_at": st.just("2026-11-20T09:00:00Z") | _TEXTS},
    )
).map(tuple)


def test_every_registered_rule_is_held_to_the_properties() -> None:
    assert {item["rule"] for item in _ITEMS} == set(RULE_NAMES)


@pytest.mark.parametrize("rule", _RULES)
def test_a_rule_never_raises_and_stays_within_its_bounds(rule: ItemRule) -> None:
    picks = st.lists(st.sampled_from(_OPTIONS)).map(tuple)

    @settings(deadline=None)
    @given(_VALUES | picks | _POINTS, _FEATURES, _RATINGS)
    def holds(value: ResponseValue, features: FeatureRow | None, ratings: Any) -> None:  # noqa: ANN401
        award = rule.award(ItemResponse("q", value, "answered", features, ratings))
        lower, _ = rule.bounds()
        lowest = Fraction(0) if lower is None else min(lower, Fraction(0))
        assert lowest <= award.points <= rule.maximum()
        assert award.explanation.endswith(".")
        assert json.loads(canonical_json(award.trace), parse_float=pytest.fail) == award.trace

    holds()


@given(st.permutations(_OPTIONS), st.permutations(["A", "C"]), st.sets(st.sampled_from(_OPTIONS)))
def test_the_order_of_options_and_picks_never_matters(
    options: list[str], correct: list[str], picks: set[str]
) -> None:
    for method in ("net_correct", "coverage", "each_option", "r_false", "r_all"):
        item: dict[str, Any] = {"rule": "multi_select", "method": method}
        one = parse_item({**item, "options": _OPTIONS, "correct": ["A", "C"]})
        other = parse_item({**item, "options": options, "correct": correct})
        response = ItemResponse("q", tuple(sorted(picks)), "answered")
        reverse = ItemResponse("q", tuple(sorted(picks, reverse=True)), "answered")
        assert one.award(response).points == other.award(reverse).points


_ENTRIES: list[Any] = [
    {"key": "A", "points": 3},
    {"key": "a", "points": 2},
    {"key": "A", "points": 1, "case_sensitive": False},
    {"key": "B", "points": "-1/2"},
]


@given(st.permutations(_ENTRIES), st.lists(st.sampled_from(["A", "a", "B", "b", "C"])))
def test_the_order_of_entries_never_matters(entries: list[Any], picks: list[str]) -> None:
    item: dict[str, Any] = {"rule": "map_response", "cardinality": "multiple", "default": "1/7"}
    response = ItemResponse("q", tuple(picks), "answered")
    one = parse_item({**item, "entries": _ENTRIES}).award(response)
    other = parse_item({**item, "entries": entries}).award(response)
    assert one == other


_AREAS: list[Any] = [
    {"shape": "circle", "coords": [2, 2, 2], "points": 2},
    {"shape": "rect", "coords": [1, 1, 5, 5], "points": "-1/2"},
    {"shape": "poly", "coords": [0, 0, 6, 0, 3, 6], "points": 1},
    {"shape": "default", "points": "1/7"},
]


@given(st.permutations(_AREAS), _POINTS.flatmap(st.permutations))
def test_the_order_of_areas_and_points_never_matters(areas: list[Any], points: list[str]) -> None:
    item: dict[str, Any] = {"rule": "map_response_point", "cardinality": "multiple", "default": -1}
    one, other = parse_item({**item, "areas": _AREAS}), parse_item({**item, "areas": areas})
    assert one.maximum() == other.maximum()
    assert (
        one.award(ItemResponse("q", tuple(sorted(points)), "answered")).points
        == other.award(ItemResponse("q", tuple(points), "answered")).points
    )


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=3, max_size=7))
def test_a_polygon_holds_its_corners_whichever_comes_first(corners: list[tuple[int, int]]) -> None:
    points = [(x, y) for x in range(-9, 10, 3) for y in range(-9, 10, 3)]
    turned = [*corners[2:], *corners[:2]]
    held = [
        [area.contains(point) for point in points]
        for area in (_polygon(corners), _polygon(turned), _polygon(corners[::-1]))
    ]
    assert held[0] == held[1] == held[2]
    assert all(_polygon(corners).contains(corner) for corner in corners)


def _polygon(corners: list[tuple[int, int]]) -> Area:
    coords = tuple(number for corner in corners for number in corner)
    return Area.model_validate({"shape": "poly", "coords": coords, "points": 1})


_CIRCLES = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 4))


@settings(deadline=None)
@given(st.lists(_CIRCLES, min_size=1, max_size=5))
def test_the_maximum_is_what_the_best_single_point_reaches(
    circles: list[tuple[int, int, int]],
) -> None:
    areas: list[Any] = [{"shape": "circle", "coords": [*each], "points": 1} for each in circles]
    item = parse_item({"rule": "map_response_point", "areas": areas})
    reached = max(
        sum((x - left) ** 2 + (y - top) ** 2 <= radius**2 for left, top, radius in circles)
        for x in range(-4, 14)
        for y in range(-4, 14)
    )
    assert item.maximum() == reached


@given(
    st.sampled_from(OrderingMethod.__args__),  # type: ignore[attr-defined]
    st.permutations(_OPTIONS),
    st.lists(st.sampled_from([*_OPTIONS, "Z"])),
)
def test_an_order_depends_on_places_not_on_names(
    method: str, names: list[str], response: list[str]
) -> None:
    renamed = dict(zip(_OPTIONS, names, strict=True))
    item: dict[str, Any] = {"rule": "ordering", "method": method}
    one = parse_item({**item, "correct": _OPTIONS})
    other = parse_item({**item, "correct": names})
    again = tuple(renamed.get(name, name) for name in response)
    assert (
        one.award(ItemResponse("q", tuple(response), "answered")).points
        == other.award(ItemResponse("q", again, "answered")).points
    )


@given(st.sets(st.sampled_from(["A", "C"])), st.sampled_from(["B", "D", "E"]))
def test_a_wrong_pick_more_never_raises_a_score(right: set[str], wrong: str) -> None:
    for method in ("all_or_nothing", "net_correct", "coverage", "r_false", "r_false2", "r_true"):
        item: dict[str, Any] = {"rule": "multi_select", "method": method}
        rule = parse_item({**item, "options": _OPTIONS, "correct": ["A", "C"]})
        without = rule.award(ItemResponse("q", tuple(right), "answered"))
        with_it = rule.award(ItemResponse("q", (*right, wrong), "answered"))
        assert with_it.points <= without.points


@given(_TEXTS | _CHANGING_TEXTS, st.sets(st.sampled_from(_STEPS)).map(frozenset))
@example("ǰ", frozenset({"nfc", "casefold"}))
def test_every_normalised_character_has_its_place_in_the_original(text: str, steps: Steps) -> None:
    places = list(zip(*original_places(text, steps), strict=True))
    assert len(places) == len(normalise(text, steps))
    assert places == sorted(places)
    assert all(0 <= start < end <= len(text) for start, end in places)


@given(
    st.text() | _CHANGING_TEXTS,
    st.sets(st.sampled_from(_STEPS)).map(frozenset),
)
@example("ß\u0301", frozenset({"casefold", "strip_accents"}))
@example("ŉ.", frozenset({"nfkc", "strip_punctuation"}))
def test_a_text_that_keeps_its_places_keeps_every_one(text: str, steps: Steps) -> None:
    if keeps_places(text, normalise(text, steps), steps):
        places = zip(*original_places(text, steps), strict=True)
        assert list(places) == [(place, place + 1) for place in range(len(text))]


@given(
    st.text(st.characters(max_codepoint=0x7F)),
    st.sets(st.sampled_from(_STEPS)).map(frozenset),
)
def test_ascii_keeps_its_places_where_it_loses_nothing(text: str, steps: Steps) -> None:
    normalised = normalise(text, steps)
    assert keeps_places(text, normalised, steps) == (not steps or len(text) == len(normalised))
    places = list(zip(*original_places(text, steps), strict=True))
    assert "trim" in steps or places == [
        (start, end) for _, start, end in _placed_characters(text, steps)
    ]


def test_places_of_many_marks_on_one_letter_are_found_in_one_go() -> None:
    text = "e" + "\u0301" * 30_000
    with cpu_limit():
        places = original_places(text, frozenset({"nfc"}))
    assert set(zip(*places, strict=True)) == {(0, len(text))}


@given(_TEXTS, st.sets(st.sampled_from(["casefold", "strip_accents"]), min_size=1).map(frozenset))
def test_places_that_pass_over_ascii_are_those_of_every_character(text: str, steps: Steps) -> None:
    places = zip(*original_places(text, steps), strict=True)
    assert list(places) == [(start, end) for _, start, end in _placed_characters(text, steps)]


@given(_TEXTS, st.sets(st.sampled_from(_STEPS)).map(frozenset))
def test_a_place_holds_what_it_was_normalised_from(text: str, steps: Steps) -> None:
    normalised = normalise(text, steps)
    if normalised and "strip_punctuation" not in steps:
        places = original_places(text, steps)
        start, end = places.original(0, len(normalised))
        assert normalise(text[start:end], steps).strip() == normalised.strip()
