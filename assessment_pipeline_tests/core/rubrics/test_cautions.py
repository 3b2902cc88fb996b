"""Cautions: each names what no response can do, and refuses nothing."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline import samples
from assessment_pipeline.core.responses import ItemResponse
from assessment_pipeline.core.rubrics.cautions import cautions
from assessment_pipeline.core.rubrics.problems import RubricProblem
from assessment_pipeline.core.rubrics.reach import reach_of
from assessment_pipeline.core.rubrics.shadows import shadows
from assessment_pipeline.core.rules import parse_item
from assessment_pipeline_tests.core.builders import AnyJson, a_rubric

RUBRICS = sorted((Path(samples.__file__).parent / "rubrics").rglob("*.yaml"))
CHOICE = {"rule": "match_correct", "correct": "A"}


def warnings(**document: AnyJson) -> tuple[RubricProblem, ...]:
    return cautions(a_rubric(**document).rubric, "maths/1.yaml")


def pointers(**document: AnyJson) -> list[str]:
    return [warning.pointer for warning in warnings(**document)]


def of_item(item: dict[str, Any]) -> list[str]:
    return [pointer.removeprefix("/items/q1") for pointer in pointers(items={"q1": item})]


def numeric(*answers: tuple[str, dict[str, Any]], **more: AnyJson) -> dict[str, Any]:
    given = [{"value": value, "tolerance": tolerance} for value, tolerance in answers]
    return {"rule": "numeric", "answers": given, **more}


def text(*answers: AnyJson, normalise: tuple[str, ...] = ()) -> dict[str, Any]:
    said = [each if isinstance(each, dict) else {"text": each} for each in answers]
    return {"rule": "text", "answers": said, "normalise": normalise}


def mapped(*points: AnyJson, **more: AnyJson) -> dict[str, Any]:
    entries = [{"key": f"k{place}", "points": each} for place, each in enumerate(points)]
    return {"rule": "map_response", "entries": entries, **more}


def wildcard(pattern: str) -> dict[str, Any]:
    return {"text": pattern, "match": "wildcard"}


def near(word: str, max_edits: int) -> dict[str, Any]:
    return {"text": word, "match": "edit_distance", "max_edits": max_edits}


def absolute(value: str) -> dict[str, Any]:
    return {"mode": "absolute", "value": value}


def places(value: int) -> dict[str, Any]:
    return {"mode": "decimal_places", "figures": value}


@pytest.mark.parametrize("path", RUBRICS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_sample_rubrics_mean_what_they_say(path: Path) -> None:
    from assessment_pipeline.core.rubrics.catalogue import RubricFile, RubricVersion, load_version

    version = load_version(RubricFile(path.parent.name, path.name, path.read_bytes()))
    assert isinstance(version, RubricVersion)
    assert cautions(version.rubric, path.name) == ()


def test_a_warning_reads_as_one_sentence_that_says_it_is_one() -> None:
    (warning,) = warnings(items={"q1": {**CHOICE, "weight": 0}})
    assert warning.severity == "warning"
    assert str(warning) == (
        "maths/1.yaml at /items/q1/weight: warning: with weight 0 the item counts in neither score "
        "nor maximum; use the rule void, or give it a weight."
    )


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (numeric(("1", {}), ("1", {})), ["/answers/1"]),
        (numeric(("1", absolute("0.5")), ("1.5", {})), ["/answers/1"]),
        (numeric(("1", absolute("0.5")), ("1.25", absolute("0.25"))), ["/answers/1"]),
        (numeric(("1", absolute("0.5")), ("1.25", absolute("0.26"))), []),
        (numeric(("1", {}), ("1", absolute("0.5"))), []),
        (numeric(("1.234", places(2)), ("1.23", {})), ["/answers/1"]),
        (numeric(("1.234", places(2)), ("1.231", places(2))), ["/answers/1"]),
        (numeric(("1.234", places(2)), ("1.24", places(2))), []),
        (numeric(("1.234", places(2)), ("1.234", places(1))), []),
    ],
)
def test_a_number_that_an_earlier_answer_takes_is_never_reached(
    item: dict[str, Any], expected: list[str]
) -> None:
    assert of_item(item) == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (text("a", "a"), ["/answers/1"]),
        (text("a", "A"), []),
        (text("a", "A", normalise=("casefold",)), ["/answers/1"]),
        (text(wildcard("*ab*"), "xaby"), ["/answers/1"]),
        (text("xaby", wildcard("*ab*")), []),
        (text(wildcard("*"), near("ab", 1)), ["/answers/1"]),
        (text(near("ab", 2), near("ab", 1)), ["/answers/1"]),
        (text(near("ab", 1), near("ab", 2)), []),
        (text(near("ab", 1), wildcard("ab")), []),
        (text({"text": "a+", "match": "regex"}, "aaa"), ["/answers/1"]),
        (text("b", " "), ["/answers/1/text"]),
        (text("b", " ", normalise=("strip_punctuation",)), []),
    ],
)
def test_a_text_that_an_earlier_answer_takes_is_never_reached(
    item: dict[str, Any], expected: list[str]
) -> None:
    assert of_item(item) == expected


ANSWERS = st.one_of(
    st.sampled_from(["", " ", "a", "A", "ab", "aab", "b!"]).map(lambda word: {"text": word}),
    st.sampled_from(["*", "a*", "*a*b", r"\*"]).map(wildcard),
    st.sampled_from(["a+", "[ab]*"]).map(lambda word: {"text": word, "match": "regex"}),
    st.builds(near, st.sampled_from(["a", "ab"]), st.integers(0, 2)),
)


@given(
    st.lists(ANSWERS, min_size=2, max_size=4),
    st.lists(st.sampled_from(["casefold", "trim", "strip_punctuation"]), unique=True),
    st.lists(st.text("aAbB!* ", max_size=4), max_size=30),
)
def test_no_response_ever_comes_to_a_text_that_is_said_to_be_never_reached(
    answers: list[dict[str, Any]], normalise: list[str], responses: list[str]
) -> None:
    item = parse_item(text(*answers, normalise=tuple(normalise)))
    never = {finding.path[1] for finding in shadows(item)}
    reached = {
        item.award(ItemResponse("q1", response, "answered")).trace.get("answer")
        for response in [*responses, *(answer["text"] for answer in answers)]
    }
    assert not never & reached


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (mapped(1, 2), []),
        (mapped(1, 2, points=2), []),
        (mapped(1, 2, points=3), ["/points"]),
        (mapped(1, 2, points=1), ["/points"]),
        (mapped(1, 2, points=1, upper_bound=1), []),
        (mapped(1, 2, upper_bound=3), ["/points"]),
        (mapped(1, 2, cardinality="multiple", points=3), []),
        (mapped(1, 2, cardinality="multiple", points=4), ["/points"]),
        (mapped(1, cardinality="multiple", default=1, points=5), []),
        (mapped(-1, cardinality="multiple", points=0), []),
        (
            mapped(-1, cardinality="multiple", points=0, lower_bound=0, upper_bound=0),
            ["/lower_bound"],
        ),
        (mapped(1, lower_bound=1, upper_bound=1), ["/lower_bound"]),
        (numeric(("1", {}), points=2), []),
        (text({"text": "a", "fraction": "1/2"}), ["/answers"]),
        ({"rule": "numeric", "answers": [{"value": 1, "fraction": "0.9"}]}, ["/answers"]),
        (
            {
                "rule": "map_response_point",
                "points": 3,
                "areas": [{"shape": "circle", "coords": [1, 2, 3], "points": 2}],
            },
            ["/points"],
        ),
        (
            {
                "rule": "composite",
                "combine": "all_of",
                "parts": [{"item": text({"text": "a", "fraction": 0})}],
            },
            ["/parts/0/item/answers"],
        ),
    ],
)
def test_full_marks_that_no_response_brings_are_named(
    item: dict[str, Any], expected: list[str]
) -> None:
    assert of_item(item) == expected


@given(
    st.lists(st.integers(-2, 3), min_size=1, max_size=3),
    st.sampled_from(["single", "multiple"]),
    st.none() | st.integers(-2, 2),
    st.none() | st.integers(-2, 1),
    st.none() | st.integers(1, 4),
    st.lists(st.sampled_from(["k0", "k1", "k2", "x", "y"]), unique=True),
)
def test_no_response_goes_beyond_the_reach_of_a_map(
    points: list[int],
    cardinality: str,
    default: int | None,
    lower: int | None,
    upper: int | None,
    response: list[str],
) -> None:
    bounds = {"lower_bound": lower, "upper_bound": upper}
    item = parse_item(mapped(*points, cardinality=cardinality, default=default, **bounds))
    reach = reach_of(item)
    award = item.award(ItemResponse("q1", tuple(response), "answered"))
    assert reach is not None
    if not award.is_invalid:
        assert reach.lowest is None or reach.lowest <= award.points
        assert reach.highest is None or award.points <= reach.highest


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            {
                "rule": "map_response",
                "entries": [
                    {"key": "12", "points": 1},
                    {"key": "12", "points": 2, "case_sensitive": False},
                ],
                "points": 1,
            },
            ["/entries/1", "/points"],
        ),
        (
            {
                "rule": "map_response",
                "entries": [
                    {"key": "a", "points": 1},
                    {"key": "a", "points": 1, "case_sensitive": False},
                ],
            },
            [],
        ),
        (
            {
                "rule": "map_response",
                "blank": 0,
                "entries": [{"key": "", "points": 1}, {"key": "a", "points": 1}],
            },
            ["/blank"],
        ),
        (
            {
                "rule": "keywords",
                "criteria": [
                    {"id": "a", "any_of": ["x", "X"], "points": 1},
                    {"id": "b", "any_of": ["y"], "points": 1},
                ],
                "normalise": ["casefold"],
            },
            ["/points", "/criteria/0/any_of/1"],
        ),
        (
            {
                "rule": "keywords",
                "points": 1,
                "criteria": [
                    {"id": "a", "any_of": ["x"], "points": 1},
                    {"id": "b", "any_of": ["y"], "points": 1},
                ],
            },
            [],
        ),
        (
            {
                "rule": "keywords",
                "points": 2,
                "criteria": [{"id": "a", "any_of": ["x"], "points": 1}],
            },
            ["/points"],
        ),
    ],
)
def test_what_nothing_ever_reads_is_named(item: dict[str, Any], expected: list[str]) -> None:
    assert of_item(item) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"dimensions": {"d": {"title": "x"}}}, ["/dimensions/d"]),
        ({"dimensions": {"d": {"items": ["q1"]}}}, []),
        (
            {
                "dimensions": {"d": {"items": ["q1"]}},
                "items": {"q1": CHOICE, "q2": {**CHOICE, "dimension": "e"}},
            },
            ["/items/q2/dimension"],
        ),
        ({"items": {"q1": {**CHOICE, "dimension": "e"}}}, []),
        (
            {"dimensions": {"d": {}}, "default_item": {"rule": "void", "dimension": "d"}},
            [],
        ),
    ],
)
def test_a_dimension_that_nothing_joins_is_named(
    document: dict[str, Any], expected: list[str]
) -> None:
    assert pointers(**document) == expected


LEVELS = [{"level": "low", "minimum": -3}, {"level": "high", "minimum": 0}]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"policy": {"floor": None}}, ["/performance_levels/0/minimum"]),
        ({"policy": {"floor": -5}}, ["/performance_levels/0/minimum"]),
        ({"policy": {"floor": None}, "items": {"q1": mapped(1, -1)}}, []),
        ({"policy": {"floor": None}, "default_item": mapped(1)}, []),
        ({"policy": {"floor": None, "late": {"mode": "fixed", "points": 1}}}, []),
        ({"policy": {"floor": None, "formula_scoring": {"choices": 2}}}, []),
        (
            {
                "policy": {"floor": None},
                "items": {"q1": mapped(1, cardinality="multiple", default=-1)},
            },
            [],
        ),
        (
            {
                "policy": {"floor": None},
                "items": {
                    "q1": {
                        "rule": "feature_linear",
                        "points": 1,
                        "terms": [{"feature": "words", "coefficient": 1}],
                    }
                },
            },
            [],
        ),
    ],
)
def test_a_level_below_every_total_is_named(more: dict[str, Any], expected: list[str]) -> None:
    assert pointers(performance_levels=LEVELS, **more) == expected


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ({"table": [{"minimum": 0, "value": 1}, {"minimum": 1, "value": 2}]}, []),
        (
            {"table": [{"minimum": 0, "value": 1}, {"minimum": 2, "value": 2}]},
            ["/scale/table/1/minimum"],
        ),
        (
            {"table": [{"minimum": 0, "value": 1}, {"minimum": 1, "inclusive": False, "value": 2}]},
            ["/scale/table/1/minimum"],
        ),
        (
            {"table": [{"minimum": -2, "value": 1}, {"minimum": 0, "value": 2}]},
            ["/scale/table/0"],
        ),
        (
            {"table": [{"minimum": 1, "value": 1}, {"minimum": 0, "value": 2}]},
            ["/scale/table/1/value"],
        ),
        ({"linear": {"slope": 2}}, []),
        ({"linear": {"slope": 0}}, ["/scale/linear/slope"]),
        ({"linear": {"slope": 1, "minimum": 3, "maximum": 3}}, ["/scale/linear/minimum"]),
    ],
)
def test_a_scale_that_part_of_the_totals_cannot_use_is_named(
    scale: dict[str, Any], expected: list[str]
) -> None:
    assert pointers(scale=scale) == expected


def test_the_highest_total_that_a_scale_reads_is_the_rounded_one() -> None:
    table = [{"minimum": 0, "value": 1}, {"minimum": 1, "value": 2}]
    item = {**CHOICE, "points": "0.6"}
    assert (
        pointers(
            scale={"table": table},
            items={"q1": item},
            policy={"rounding": {"decimals": 0}},
        )
        == []
    )


def test_rules_that_nobody_knows_the_reach_of_bring_no_warning() -> None:
    criteria = [{"id": "c", "levels": [{"id": "a", "points": 1}]}]
    item: dict[str, Any] = {"rule": "ratings", "criteria": criteria}
    assert reach_of(parse_item(item)) is None
    assert pointers(items={"q1": item}, performance_levels=LEVELS, policy={"floor": None}) == []


@pytest.mark.parametrize(
    "item",
    [
        {"rule": "multi_select", "correct": ["A"]},
        {"rule": "ordering", "correct": ["A", "B"]},
        {"rule": "feature_bands", "bands": [{"feature": "words", "minimum": 1, "points": -1}]},
        {"rule": "constant", "points": 0},
        {"rule": "full_credit"},
        {"rule": "void", "weight": 0},
    ],
)
def test_rules_whose_full_marks_can_be_had_bring_no_warning(item: dict[str, Any]) -> None:
    assert of_item(item) == []


def test_values_without_an_entry_count_as_often_as_they_come() -> None:
    worse = reach_of(parse_item(mapped(1, cardinality="multiple", default=-1)))
    better = reach_of(parse_item(mapped(1, cardinality="multiple", default=1)))
    assert worse is not None
    assert better is not None
    assert worse.lowest is None
    assert worse.highest == 1
    assert better.lowest == 1
    assert better.highest is None


def test_entries_for_the_same_value_are_likely_not_meant() -> None:
    item = {
        "rule": "map_response",
        "base_type": "pair",
        "entries": [{"key": "A B", "points": 1}, {"key": "B A", "points": 2}],
    }
    assert of_item(item) == ["/entries/1"]
