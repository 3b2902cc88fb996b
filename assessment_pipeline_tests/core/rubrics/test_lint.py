from fractions import Fraction
from typing import Any

import pytest

from assessment_pipeline.core.rubrics.catalogue import RubricVersion, load_version
from assessment_pipeline.core.rubrics.problems import RubricProblem, json_pointer
from assessment_pipeline_tests.core.builders import AnyJson, a_rubric, a_rubric_file

_CHOICE = {"rule": "multi_select", "options": ["A", "B"], "correct": ["A"]}
_NUMBER = {"rule": "numeric", "answers": [{"value": "1"}]}


def _problems(**document: AnyJson) -> list[RubricProblem]:
    loaded = load_version(a_rubric_file(**document))
    return [] if isinstance(loaded, RubricVersion) else list(loaded)


def _item_problems(item: dict[str, Any]) -> list[str]:
    return [problem.pointer for problem in _problems(items={"q1": item})]


def test_a_rubric_needs_little_more_than_its_items() -> None:
    assert _problems(items={"q1": {"rule": "match_correct", "correct": "A"}}) == []


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        ({**_CHOICE, "correct": ["C"]}, "/items/q1/correct/0"),
        ({**_CHOICE, "correct": ["A", "A"]}, "/items/q1/correct/1"),
        ({**_CHOICE, "options": ["A", "B", "A"]}, "/items/q1/options/2"),
        ({**_CHOICE, "options": [], "correct": []}, "/items/q1/options"),
        ({"rule": "multi_select", "correct": ["A"], "method": "r_false"}, "/items/q1"),
        ({"rule": "match_correct", "correct": []}, "/items/q1/correct"),
        ({"rule": "match_correct", "correct": ["A", "B"]}, "/items/q1/correct"),
        ({"rule": "match_correct", "correct": "x", "base_type": "integer"}, "/items/q1/correct"),
        ({"rule": "match_correct", "correct": {"a": 1}}, "/items/q1/correct"),
        ({"rule": "match_correct", "correct": [None]}, "/items/q1/correct"),
        (
            {"rule": "map_response", "entries": [], "lower_bound": 1, "upper_bound": 0},
            "/items/q1/lower_bound",
        ),
        (
            {
                "rule": "map_response",
                "base_type": "pair",
                "entries": [{"key": "A B", "points": 1}, {"key": "B", "points": 2}],
            },
            "/items/q1/entries/1/key",
        ),
        (
            {
                "rule": "map_response",
                "base_type": "integer",
                "entries": [{"key": "one", "points": 1}],
            },
            "/items/q1/entries/0/key",
        ),
        (
            {"rule": "text", "answers": [{"text": "(", "match": "regex"}]},
            "/items/q1/answers/0/text",
        ),
        ({"rule": "text", "answers": [{"text": "a", "max_edits": 1}]}, "/items/q1/answers/0"),
        (
            {"rule": "text", "answers": [{"text": "a" * 1001, "match": "regex"}]},
            "/items/q1/answers/0",
        ),
        (
            {
                "rule": "keywords",
                "normalise": ["strip_punctuation"],
                "criteria": [{"id": "a", "any_of": ["x", "!"], "points": 1}],
            },
            "/items/q1/criteria/0/any_of/1",
        ),
        (
            {
                "rule": "keywords",
                "criteria": [{"id": "a", "any_of": ["x"], "points": 1}] * 2,
            },
            "/items/q1/criteria/1/id",
        ),
        ({"rule": "numeric", "answers": []}, "/items/q1/answers"),
        (
            {"rule": "numeric", "answers": [{"value": "x"}]},
            "/items/q1/answers/0/value",
        ),
        (
            {"rule": "numeric", "answers": [{"value": 1, "fraction": 2}]},
            "/items/q1/answers/0/fraction",
        ),
        *(
            (
                {"rule": "numeric", "answers": [{"value": 1, "tolerance": tolerance}]},
                "/items/q1/answers/0/tolerance" + below,
            )
            for tolerance, below in [
                ({"mode": "exact", "value": 1}, ""),
                ({"mode": "absolute"}, ""),
                ({"mode": "absolute", "value": -1}, "/value"),
                ({"mode": "relative", "lower": 1}, ""),
                ({"mode": "significant_figures", "figures": 0}, ""),
                ({"mode": "decimal_places", "figures": "2"}, "/figures"),
                ({"mode": "decimal_places", "figures": 101}, "/figures"),
                ({"mode": "decimal_places", "figures": -1}, "/figures"),
            ]
        ),
        ({"rule": "text", "answers": [{"text": None}]}, "/items/q1/answers/0/text"),
        ({**_NUMBER, "points": "1e3"}, "/items/q1/points"),
        ({**_NUMBER, "points": "9" * 65}, "/items/q1/points"),
        ({**_NUMBER, "weight": -1}, "/items/q1/weight"),
        ({**_NUMBER, "examples": [{"response": 1, "points": 0}]}, "/items/q1/examples/0/points"),
        (
            {**_NUMBER, "examples": [{"response": {"a": 1}, "points": 0}]},
            "/items/q1/examples/0/response",
        ),
        (
            {**_NUMBER, "examples": [{"response": [[1]], "points": 0}]},
            "/items/q1/examples/0/response",
        ),
        ({"rule": "nonsense"}, "/items/q1"),
        ({"correct": "A"}, "/items/q1"),
        ({**_NUMBER, "wieght": 2}, "/items/q1/wieght"),
        ({"rule": "constant"}, "/items/q1/points"),
    ],
)
def test_an_item_that_cannot_be_meant_is_refused_at_its_place(
    item: dict[str, Any], pointer: str
) -> None:
    assert _item_problems(item) == [pointer]


def test_examples_that_hold_are_accepted() -> None:
    examples = [
        {"response": ["A"], "points": 1},
        {"response": [1, True], "points": 0},
        {"response": None, "points": 0},
    ]
    assert _item_problems({**_CHOICE, "examples": examples}) == []


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"items": {}}, "/items"),
        ({"items": {"q 1": _NUMBER}}, "/items/q 1"),
        ({"default_item": {"rule": "x"}}, "/default_item"),
        ({"default_item": {**_NUMBER, "points": -1}}, "/default_item/points"),
        ({"default_item": {**_CHOICE, "correct": ["Z"]}}, "/default_item/correct/0"),
        ({"dimensions": {"d": {"items": ["q9"]}}}, "/dimensions/d/items/0"),
        ({"dimensions": {"d": {"items": ["q1", "q1"]}}}, "/dimensions/d/items/1"),
        ({"title": True}, "/title"),
        ({"title": ["a"]}, "/title"),
        ({"valid_from": "2026-09-01T00:00:00"}, "/valid_from"),
        ({"valid_from": 5}, "/valid_from"),
        ({"replaces": "0"}, "/reason"),
        ({"replaces": "0", "reason": " "}, "/reason"),
        (
            {"replaces": "0", "reason": "key", "valid_from": "2026-09-01T00:00:00Z"},
            "/valid_from",
        ),
        ({"performance_levels": [{"level": "a", "minimum": 2}]}, "/performance_levels/0/minimum"),
        ({"scale": {}}, "/scale"),
        ({"scale": {"linear": {"slope": 1, "minimum": 2, "maximum": 1}}}, "/scale/linear/minimum"),
        (
            {"scale": {"table": [{"minimum": 0, "value": 1}, {"minimum": "0.0", "value": 2}]}},
            "/scale/table/1",
        ),
        ({"policy": {"missing": {"answered": "zero"}}}, "/policy/missing/answered"),
        ({"policy": {"rounding": {"mode": "up", "decimals": 0}}}, "/policy/rounding/mode"),
        ({"policy": 1}, "/policy"),
        ({"dimensions": []}, "/dimensions"),
        ({"performance_levels": {}}, "/performance_levels"),
    ],
)
def test_a_rubric_that_cannot_be_meant_is_refused_at_its_place(
    document: dict[str, Any], pointer: str
) -> None:
    problems = _problems(**document)
    assert [problem.pointer for problem in problems] == [pointer]
    assert all(problem.remedy for problem in problems)


@pytest.mark.parametrize(
    ("levels", "more", "count"),
    [
        ([("a", 0), ("b", 1)], {}, 0),
        ([("a", 0), ("b", 0)], {}, 1),
        ([("a", 0), ("a", 1)], {}, 1),
        ([("a", -1), ("b", 0)], {}, 1),
        ([("a", -1), ("b", 0)], {"policy": {"floor": None}}, 0),
        ([("a", 2)], {"default_item": {"rule": "constant", "points": 5}}, 0),
        ([("a", 2)], {"default_item": {"rule": "void"}}, 1),
    ],
)
def test_a_level_that_no_total_reaches_is_refused(
    levels: list[tuple[str, int]], more: dict[str, Any], count: int
) -> None:
    written = [{"level": level, "minimum": minimum} for level, minimum in levels]
    assert len(_problems(performance_levels=written, **more)) == count


def test_rows_that_begin_above_and_from_the_same_total_do_not_overlap() -> None:
    rows = [{"minimum": 3, "value": 1}, {"minimum": 3, "inclusive": False, "value": 2}]
    scale = a_rubric(scale={"table": rows[::-1]}).rubric.scale
    assert scale is not None
    assert [scale.score(Fraction(total)) for total in ("2", "3", "3.5")] == [None, 1, 2]


def test_a_problem_reads_as_one_sentence() -> None:
    problem = RubricProblem("maths/1.yaml", "/items/q1", "the item has no rule", "add one", 3)
    assert str(problem) == "maths/1.yaml:3 at /items/q1: the item has no rule; add one."


def test_a_pointer_escapes_as_rfc_6901_says() -> None:
    assert json_pointer(["a/b", "c~d", 0]) == "/a~1b/c~0d/0"
