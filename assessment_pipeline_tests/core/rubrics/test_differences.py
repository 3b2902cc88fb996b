"""Differences: what changes between two versions is told in words, in the group it belongs to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.rubrics.differences import Differences, differences
from assessment_pipeline.core.rules import parse_item
from assessment_pipeline_tests.core.builders import AnyJson, a_rubric, an_answer

CHOICE = {"rule": "match_correct", "correct": "A"}


def compared(old: dict[str, Any], new: dict[str, Any]) -> Differences:
    return differences(a_rubric(**old), a_rubric(**new))


def noticed(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    found = compared(old, new)
    assert not found.wording
    assert not found.otherwise
    return [each.message for each in found.noticed]


def of_items(old: AnyJson, new: AnyJson) -> list[str]:
    return noticed({"items": {"q1": old}}, {"items": {"q1": new}})


def a_map(*entries: tuple[str, int], **more: AnyJson) -> dict[str, Any]:
    written = [{"key": key, "points": points} for key, points in entries]
    return {"rule": "map_response", "entries": written, **more}


def numeric(*answers: dict[str, Any]) -> dict[str, Any]:
    return {"rule": "numeric", "answers": answers}


def keywords(*criteria: dict[str, Any]) -> dict[str, Any]:
    return {"rule": "keywords", "points": 1, "criteria": criteria}


def a_criterion(name: str, *terms: str, **more: AnyJson) -> dict[str, Any]:
    return {"id": name, "any_of": terms, "points": 1, **more}


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        (CHOICE, {**CHOICE, "correct": "B"}, ["q1: the key is B, was A"]),
        (
            {**CHOICE, "cardinality": "multiple", "correct": ["A", "B"]},
            {**CHOICE, "cardinality": "multiple", "correct": ["C", "A"]},
            ["q1: the key is [A, C], was [A, B]"],
        ),
        (
            {**CHOICE, "cardinality": "ordered", "correct": ["A", "B"]},
            {**CHOICE, "cardinality": "ordered", "correct": ["B", "A"]},
            ["q1: the key is [B, A], was [A, B]"],
        ),
        (
            CHOICE,
            {**CHOICE, "points": 2},
            ["The highest total is 2, was 1", "q1: full credit is worth 2, was 1"],
        ),
        (
            CHOICE,
            {**CHOICE, "weight": "0.5"},
            ["The highest total is 0.5, was 1", "q1: the weight is 0.5, was 1"],
        ),
        (CHOICE, {**CHOICE, "dimension": "d"}, ["q1: its own dimension is d, was not given"]),
        (
            CHOICE,
            {"rule": "text", "answers": [{"text": "A"}]},
            ["q1: the rule is text, was match_correct"],
        ),
        (
            {"rule": "multi_select", "correct": ["A"]},
            {"rule": "multi_select", "correct": ["A"], "method": "coverage"},
            ["q1: the method is coverage, was all_or_nothing"],
        ),
        (
            {"rule": "multi_select", "correct": ["A"], "options": ["A", "B"]},
            {"rule": "multi_select", "correct": ["A"], "options": ["A", "C"]},
            ["q1: the list of options is [A, C], was [A, B]"],
        ),
        (
            numeric({"value": 1, "tolerance": {"mode": "absolute", "value": "0.1"}}),
            numeric({"value": 1, "tolerance": {"mode": "absolute", "value": "0.2"}}),
            ["q1: answer 1: the tolerance: the number is 0.2, was 0.1"],
        ),
        (
            numeric({"value": 1}, {"value": 2}),
            numeric({"value": 3}, {"value": 1}, {"value": 2}),
            ["q1: answer 1 is new: {value: 3}"],
        ),
        (
            numeric({"value": 1}, {"value": 2}, {"value": 3}),
            numeric({"value": 1}, {"value": 3}),
            ["q1: answer 2 is gone: {value: 2}"],
        ),
        (
            a_map(("A", 1), ("B", -1)),
            a_map(("B", -2), ("A", 1)),
            ["q1: the entry B: what it is worth is -2, was -1"],
        ),
        (
            a_map(("A", 1), ("B", 0)),
            a_map(("A", 1), ("C", 0)),
            [
                "q1: the entry {key: C, points: 0} is new",
                "q1: the entry {key: B, points: 0} is gone",
            ],
        ),
        (
            a_map(("A", 1)),
            a_map(("A", 1), lower_bound=0),
            ["q1: lower bound is 0, was not given"],
        ),
        (
            keywords(a_criterion("c", "x")),
            keywords(a_criterion("c", "x", "a b")),
            ["q1: criterion c: the list of terms is [“a b”, x], was [x]"],
        ),
        (
            {"rule": "text", "answers": [{"text": "a"}]},
            {"rule": "text", "answers": [{"text": "a"}], "normalise": ["trim"]},
            ["q1: what normalising ignores is [trim], was []"],
        ),
        (
            keywords(a_criterion("c", "x")),
            {**keywords(a_criterion("c", "x")), "whole_words": False},
            ["q1: whole words is false, was true"],
        ),
        (
            {"rule": "composite", "combine": "sum", "parts": [{"item": CHOICE}]},
            {
                "rule": "composite",
                "combine": "sum",
                "parts": [{"item": {**CHOICE, "correct": "B"}}],
            },
            ["q1: part 1: item: the key is B, was A"],
        ),
        (
            CHOICE,
            {**CHOICE, "guessing_penalty": {"choices": 4}},
            ["q1: what a wrong answer costs is {choices: 4}, was not given"],
        ),
    ],
)
def test_what_changes_in_an_item_is_told(
    old: dict[str, Any], new: dict[str, Any], messages: list[str]
) -> None:
    assert of_items(old, new) == messages


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (CHOICE, {**CHOICE, "points": 1, "weight": "1.0", "cardinality": "single"}),
        (CHOICE, {**CHOICE, "correct": ["A"]}),
        (
            {"rule": "multi_select", "correct": ["A", "B"], "options": ["A", "B", "C"]},
            {"rule": "multi_select", "correct": ["B", "A"], "options": ["C", "B", "A"]},
        ),
        (a_map(("A", 1), ("B", 2)), a_map(("B", 2), ("A", 1), points=2)),
        (
            keywords(a_criterion("c", "x", "y"), a_criterion("d", "z")),
            keywords(a_criterion("d", "z"), a_criterion("c", "y", "x")),
        ),
    ],
)
def test_what_is_written_otherwise_is_no_difference(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert of_items(old, new) == []


def test_items_that_come_and_go_are_told_with_what_they_are_worth() -> None:
    old = {"items": {"q1": CHOICE, "q2": {**CHOICE, "points": 2, "weight": "1.5"}}}
    new = {"items": {"q1": CHOICE, "q3": {**CHOICE, "points": 2}}}
    assert noticed(old, new) == [
        "The highest total is 3, was 4",
        "q3 is new: match_correct, 2 points",
        "q2 is gone: it was match_correct, 2 points times 1.5",
    ]


def test_an_item_that_goes_is_left_to_the_default_item() -> None:
    default = {"rule": "void"}
    old = {
        "items": {"q1": CHOICE, "q2": {"rule": "constant", "points": 0}},
        "default_item": default,
    }
    new = {"items": {"q1": CHOICE}, "default_item": default}
    assert noticed(old, new) == [
        "q2 is gone: it was constant, 0 points; the default item scores it now: void, 0 points"
    ]


def test_what_becomes_of_items_that_are_not_listed_is_told() -> None:
    void = {"default_item": {"rule": "void"}}
    one = {"default_item": {"rule": "constant", "points": 1}}
    assert noticed({}, void) == ["Items that are not listed are scored now: void, 0 points"]
    assert noticed(void, {}) == [
        "Items that are not listed are unscorable now: they were void, 0 points"
    ]
    assert noticed(void, one) == [
        "Items that are not listed: the rule is constant, was void",
        "Items that are not listed: full credit is worth 1, was 0",
    ]


LEVELS = [{"level": "low", "minimum": 0}, {"level": "well done", "minimum": 1}]


@pytest.mark.parametrize(
    ("new", "messages"),
    [
        (LEVELS[::-1], []),
        (
            [LEVELS[0], {"level": "well done", "minimum": "0.5"}],
            ["Level “well done” begins at 0.5, was 1"],
        ),
        (
            [LEVELS[0], {"level": "high", "minimum": 1}],
            ["Level “well done” is called high now"],
        ),
        (
            [LEVELS[0], {"level": "high", "minimum": "0.5"}],
            ["Level high is new, from 0.5 on", "Level “well done” is gone; it began at 1"],
        ),
    ],
)
def test_levels_that_move_or_change_their_name_are_told(
    new: list[dict[str, Any]], messages: list[str]
) -> None:
    assert noticed({"performance_levels": LEVELS}, {"performance_levels": new}) == messages


TABLE = {"table": [{"minimum": 0, "value": 1}, {"minimum": 1, "value": 2}]}
LINE = {"linear": {"slope": 1}}
_SHOWN_TABLE = "{table: [{minimum: 0, value: 1}, {minimum: 1, value: 2}]}"
_SHOWN_LINE = "{linear: {slope: 1}}"


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        (TABLE, {"table": TABLE["table"][::-1]}, []),
        (
            TABLE,
            {"table": [{"minimum": 0, "value": 1}, {"minimum": 1, "value": 3}]},
            ["The scale gives 3 from 1, was 2"],
        ),
        (
            TABLE,
            {"table": [{"minimum": 0, "value": 1}, {"minimum": 1, "inclusive": False, "value": 2}]},
            [
                "The scale has a new row: above 1 it gives 2",
                "The scale has no row from 1 any longer; it gave 2",
            ],
        ),
        (LINE, {"linear": {"slope": 2}}, ["The scale: slope is 2, was 1"]),
        (
            TABLE,
            LINE,
            [f"The scale is {_SHOWN_LINE}, was {_SHOWN_TABLE}"],
        ),
        (None, LINE, ["The scale is {linear: {slope: 1}}, was not given"]),
        (LINE, None, ["The scale is not given, was {linear: {slope: 1}}"]),
        (None, None, []),
    ],
)
def test_a_scale_that_changes_is_told_by_row(
    old: AnyJson, new: AnyJson, messages: list[str]
) -> None:
    assert noticed({"scale": old}, {"scale": new}) == messages


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"missing": {"omitted": "rule"}}, "Policy: missing responses: omitted is rule, was zero"),
        ({"floor": None}, "Policy: floor is not given, was 0"),
        (
            {"rounding": {"decimals": 1}},
            "Policy: rounding is {decimals: 1}, was not given",
        ),
        (
            {"formula_scoring": {"choices": 4}},
            "Policy: formula scoring is {choices: 4}, was not given",
        ),
    ],
)
def test_a_policy_that_changes_is_told(policy: dict[str, Any], message: str) -> None:
    assert noticed({}, {"policy": policy}) == [message]


def test_what_statistics_alone_read_is_no_candidates_matter() -> None:
    found = compared({}, {"policy": {"missing_for_analysis": {"omitted": "exclude"}}})
    assert not found.noticed
    assert [each.message for each in found.otherwise] == [
        "Policy: missing responses in statistics is {omitted: exclude}, was not given"
    ]


def test_items_that_join_or_leave_a_dimension_are_told() -> None:
    items = {"q1": CHOICE, "q2": CHOICE}
    old = {"items": items, "dimensions": {"d": {"items": ["q1"]}, "e": {"items": ["q1"]}}}
    new = {"items": items, "dimensions": {"d": {"items": ["q2"]}, "f": {"items": ["q1"]}}}
    assert noticed(old, new) == [
        "Dimension d: q2 counts in it now",
        "Dimension d: q1 counts in it no longer",
        "Dimension f is new, with the items [q1]",
        "Dimension e is gone",
    ]


def test_validity_is_told_apart_from_scores() -> None:
    found = compared({}, {"valid_from": "2026-09-01T02:00:00.5+02:00"})
    assert not found.noticed
    assert found.is_same_structure
    assert [(each.pointer, each.message) for each in found.otherwise] == [
        (
            "/valid_from",
            "It scores what is submitted from 2026-09-01T00:00:00.5Z on, was from the beginning on",
        )
    ]


def test_a_correction_says_what_it_replaces_and_why() -> None:
    found = compared(
        {"valid_from": "2016-12-31T23:59:60Z"}, {"replaces": "0", "reason": "q1 was wrong"}
    )
    assert [each.message for each in found.otherwise] == [
        "It scores what is submitted from the beginning on, was from 2016-12-31T23:59:60Z on",
        "The version that it replaces is 0, was not given",
    ]
    assert [each.message for each in found.wording] == [
        "The rubric: reason is “q1 was wrong”, was not given"
    ]


def test_another_assessment_is_told() -> None:
    found = differences(a_rubric("maths"), a_rubric("music"))
    assert [each.message for each in found.noticed] == [
        "The rubric: assessment id is music, was maths"
    ]


WORDINGS: list[tuple[dict[str, Any], str]] = [
    ({"title": "New"}, "/title"),
    (
        {"items": {"q1": {**CHOICE, "examples": [{"response": "A", "points": 1}]}}},
        "/items/q1/examples",
    ),
    ({"dimensions": {"d": {"items": ["q1"], "title": "D"}}}, "/dimensions/d/title"),
    ({"dimensions": {"d": {"items": ["q1"], "descriptor": "D"}}}, "/dimensions/d/descriptor"),
    (
        {"performance_levels": [{"level": "a", "minimum": 0, "title": "A"}]},
        "/performance_levels/0/title",
    ),
    (
        {"items": {"q1": CHOICE, "q2": keywords(a_criterion("c", "x", descriptor="C"))}},
        "/items/q2/criteria/0/descriptor",
    ),
]
PLAIN = {
    "title": "Old",
    "dimensions": {"d": {"items": ["q1"]}},
    "performance_levels": [{"level": "a", "minimum": 0}],
    "items": {"q1": CHOICE, "q2": keywords(a_criterion("c", "x"))},
}


@pytest.mark.parametrize(("change", "pointer"), WORDINGS)
def test_wording_is_told_apart_and_keeps_the_structure(
    change: dict[str, Any], pointer: str
) -> None:
    new = {**PLAIN, **change}
    new["items"] = {**PLAIN["items"], **new["items"]}  # type: ignore[dict-item]
    found = compared(PLAIN, new)
    assert found.is_same_structure
    assert (found.noticed, found.otherwise) == ((), ())
    assert [each.pointer for each in found.wording] == [pointer]


@pytest.mark.parametrize("version", [CHOICE, PLAIN["items"]["q2"]])  # type: ignore[index]
def test_nothing_changes_from_a_version_to_itself(version: dict[str, Any]) -> None:
    found = compared({"items": {"q1": version}}, {"items": {"q1": version}})
    assert found == Differences(is_same_structure=True, noticed=(), otherwise=(), wording=())


RATINGS = {
    "rule": "ratings",
    "criteria": [{"id": "c", "levels": [{"id": "a", "points": 1}, {"id": "b", "points": 0}]}],
}
POOL: list[dict[str, Any]] = [
    CHOICE,
    {**CHOICE, "correct": ["A"], "points": 1},
    {**CHOICE, "correct": "B"},
    {**CHOICE, "cardinality": "multiple"},
    {**CHOICE, "cardinality": "multiple", "correct": ["A", "B"]},
    {**CHOICE, "cardinality": "multiple", "correct": ["B", "A"]},
    {**CHOICE, "base_type": "string"},
    {"rule": "multi_select", "correct": ["A", "B"], "options": ["A", "B", "C"]},
    {"rule": "multi_select", "correct": ["B", "A"], "options": ["C", "A", "B"]},
    {"rule": "multi_select", "correct": ["A"], "options": ["C", "A", "B"]},
    a_map(("A", 1), ("B", -1), cardinality="multiple"),
    a_map(("B", -1), ("A", 1), cardinality="multiple", points=1),
    a_map(("B", -1), ("A", 1), cardinality="multiple", lower_bound=0),
    numeric({"value": 1}, {"value": 2, "fraction": "1/2"}),
    numeric({"value": 2, "fraction": "1/2"}, {"value": 1}),
    numeric({"value": 2, "fraction": "1/2"}),
    RATINGS,
    {**RATINGS, "criteria": [{**RATINGS["criteria"][0], "weight": 1}]},  # type: ignore[dict-item]
    {"rule": "ordering", "correct": ["A", "B"]},
    {"rule": "ordering", "correct": ["B", "A"]},
]
VALUES: list[AnyJson] = ["A", "B", 1, 2, ["A", "B"], ["B", "A"], ["A", "B", "C"], None, ["A", "A"]]


@given(st.sampled_from(POOL), st.sampled_from(POOL))
def test_items_without_a_difference_give_every_response_the_same_points(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    found = compared({"items": {"q1": old}}, {"items": {"q1": new}})
    if found.noticed:
        assert not found.is_same_structure
        return
    before, after = parse_item(old), parse_item(new)
    for value in VALUES:
        assert before.award(an_answer(value)).points == after.award(an_answer(value)).points
