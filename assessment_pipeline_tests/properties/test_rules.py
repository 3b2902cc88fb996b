"""What holds for every rule, whatever is asked and whatever is answered."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.core.responses import ItemResponse, ResponseValue
from assessment_pipeline.core.rules import RULE_NAMES, ItemRule, parse_item
from assessment_pipeline.core.rules.normalisation import Steps, normalise, original_places

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
_ITEMS: list[dict[str, Any]] = [
    {"rule": "match_correct", "correct": ["A B", "C D"], "cardinality": "multiple", "base_type": b}
    for b in ("identifier", "integer", "decimal", "boolean", "pair", "directed_pair", "point")
] + [
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
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS,
    lambda each: st.lists(each, max_size=4).map(tuple) | st.dictionaries(st.text(), each),
    max_leaves=6,
)


def test_every_registered_rule_is_held_to_the_properties() -> None:
    assert {item["rule"] for item in _ITEMS} == set(RULE_NAMES)


@pytest.mark.parametrize("rule", _RULES)
def test_a_rule_never_raises_and_stays_within_its_bounds(rule: ItemRule) -> None:
    @given(_VALUES | st.lists(st.sampled_from(_OPTIONS)).map(tuple))
    def holds(value: ResponseValue) -> None:
        award = rule.award(ItemResponse("q", value, "answered"))
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


@given(st.sets(st.sampled_from(["A", "C"])), st.sampled_from(["B", "D", "E"]))
def test_a_wrong_pick_more_never_raises_a_score(right: set[str], wrong: str) -> None:
    for method in ("all_or_nothing", "net_correct", "coverage", "r_false", "r_false2", "r_true"):
        item: dict[str, Any] = {"rule": "multi_select", "method": method}
        rule = parse_item({**item, "options": _OPTIONS, "correct": ["A", "C"]})
        without = rule.award(ItemResponse("q", tuple(right), "answered"))
        with_it = rule.award(ItemResponse("q", (*right, wrong), "answered"))
        assert with_it.points <= without.points


@given(_TEXTS, st.sets(st.sampled_from(_STEPS)).map(frozenset))
def test_every_normalised_character_has_its_place_in_the_original(text: str, steps: Steps) -> None:
    places = original_places(text, steps)
    assert len(places) == len(normalise(text, steps))
    assert list(places) == sorted(places)
    assert all(0 <= start < end <= len(text) for start, end in places)


@given(_TEXTS, st.sets(st.sampled_from(_STEPS)).map(frozenset))
def test_a_place_holds_what_it_was_normalised_from(text: str, steps: Steps) -> None:
    normalised = normalise(text, steps)
    if normalised and "strip_punctuation" not in steps:
        places = original_places(text, steps)
        start, end = places[0][0], places[-1][1]
        assert normalise(text[start:end], steps).strip() == normalised.strip()
