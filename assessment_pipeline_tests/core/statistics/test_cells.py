"""Cells and keys: what evaluations and rubrics are to statistics."""

from fractions import Fraction
from math import isnan
from typing import Any

import pytest

from assessment_pipeline.core.rubrics.catalogue import RubricFile, RubricVersion, load_version
from assessment_pipeline.core.rubrics.models import MissingPolicy, Rubric
from assessment_pipeline.core.statistics.answers import ItemKey
from assessment_pipeline.core.statistics.cells import Cell, Evaluated, Row, arrays, cell
from assessment_pipeline.core.statistics.keys import item_key, level_places, rated_criteria

RUBRIC = """\
assessment_id: a
version: "1"
items:
  single: {rule: match_correct, correct: B, points: 2, weight: "1.5"}
  several: {rule: match_correct, correct: [A, C], cardinality: multiple}
  ordered: {rule: match_correct, correct: [A, C], cardinality: ordered}
  typed: {rule: match_correct, correct: Paris, base_type: string}
  picks: {rule: multi_select, correct: [A], options: [A, B]}
  bare: {rule: multi_select, correct: [A, B]}
  mapped: {rule: map_response, entries: [{key: A, points: 1}, {key: B, points: 2}], blank: 1}
  nothing: {rule: map_response, entries: [], points: 1}
  worths: {rule: map_response, cardinality: multiple, entries: [{key: A, points: 2},
    {key: B, points: 1}, {key: C, points: -1}]}
  loose: {rule: map_response, entries: [{key: A, points: 1, case_sensitive: false},
    {key: a, points: 1, case_sensitive: false}, {key: B, points: 0}]}
  truth: {rule: match_correct, correct: true, base_type: boolean}
  lies: {rule: map_response, base_type: boolean, entries: [{key: "1", points: 0},
    {key: "0", points: 1}]}
  words: {rule: text, answers: [{text: Paris}]}
  essay:
    rule: ratings
    criteria:
      - {id: style, levels: [{id: good, points: 2}, {id: poor, points: 0}]}
      - {id: facts, levels: [{id: yes, points: 1}]}
"""
ONE = Fraction(1)


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    found = load_version(RubricFile("a", "a/1.yaml", RUBRIC.encode()))
    assert isinstance(found, RubricVersion), found
    return found.rubric


@pytest.mark.parametrize(
    ("item_id", "options", "keys"),
    [
        ("single", "B", "B"),
        ("several", "AC", "AC"),
        ("picks", "AB", "A"),
        ("bare", "AB", "AB"),
        ("mapped", "AB", "B"),
        ("nothing", "", ""),
        ("worths", "ABC", "AB"),
        ("loose", "AB", "A"),
        ("lies", "10", "0"),
    ],
)
def test_closed_items_have_their_options_and_keys(
    rubric: Rubric, item_id: str, options: str, keys: str
) -> None:
    found = item_key(item_id, rubric.item(item_id))
    assert found.is_closed
    assert (found.options, found.keys) == (tuple(options), frozenset(keys))


@pytest.mark.parametrize("item_id", ["ordered", "typed", "words", "essay"])
def test_what_candidates_write_themselves_is_not_closed(rubric: Rubric, item_id: str) -> None:
    found = item_key(item_id, rubric.item(item_id))
    assert (found.is_closed, found.options) == (False, ())
    assert found.rule == rubric.items[item_id].rule


def test_an_item_without_a_rule_is_known_by_its_id_alone() -> None:
    assert item_key("q", None) == ItemKey("q", None)


def test_levels_are_ranked_by_their_points(rubric: Rubric) -> None:
    assert [(each.criterion_id, each.points) for each in rated_criteria(rubric)] == [
        ("style", [0, 2]),
        ("facts", [1]),
    ]
    assert level_places(rubric) == {
        ("essay", "style", "poor"): 0,
        ("essay", "style", "good"): 1,
        ("essay", "facts", "yes"): 0,
    }


def evaluated(item_id: str = "single", state: str = "answered", **fields: Any) -> Evaluated:  # noqa: ANN401
    known: dict[str, Any] = {
        "raw_score": ONE,
        "max_score": Fraction(3),
        "trace": {"steps": [{"step": "state"}]},
        "values": ("B",),
    }
    return Evaluated(item_id, state, **known | fields)  # type: ignore[arg-type]


def by_policy(state: str, decision: str) -> dict[str, Any]:
    return {
        "steps": [
            {"step": "state", "state": state},
            {"step": "missing_policy", "state": state, "decision": decision},
        ]
    }


def test_a_scored_response_is_worth_its_points() -> None:
    assert cell(evaluated(), None, None) == Cell("single", ONE, Fraction(3), "answered", ("B",))


def test_what_left_the_total_is_worth_nothing_to_statistics() -> None:
    found = cell(evaluated(raw_score=None, max_score=None), None, None)
    assert found.score is None
    assert found.maximum is None
    # What waits for ratings has a maximum and no points.
    pending = cell(evaluated(raw_score=None), None, None)
    assert pending.score is None
    assert pending.maximum is None


@pytest.mark.parametrize(
    ("item_id", "given", "option"),
    [
        ("truth", "1", "true"),
        ("truth", " true ", "true"),
        ("truth", "0", "false"),
        ("truth", "perhaps", "perhaps"),
        ("lies", "false", "0"),
        ("lies", "true", "1"),
        ("loose", "a", "A"),
        ("loose", "b", "b"),
        ("loose", "C", "C"),
        ("single", "b", "b"),
        ("picks", "A", "A"),
        ("words", "paris", "paris"),
    ],
)
def test_a_value_is_the_option_that_the_rule_takes_it_for(
    rubric: Rubric, item_id: str, given: str, option: str
) -> None:
    found = cell(evaluated(item_id, values=(given,)), rubric.item(item_id), None)
    assert found.values == (option,)


def test_only_an_answer_has_values() -> None:
    assert cell(evaluated(state="invalid"), None, None).values == ()


def test_a_policy_for_analysis_takes_the_place_of_the_scoring_one(rubric: Rubric) -> None:
    rule = rubric.item("single")
    missing = evaluated(
        state="not_reached", raw_score=Fraction(0), trace=by_policy("not_reached", "zero")
    )
    assert cell(missing, rule, None).score == 0
    left_out = cell(missing, rule, MissingPolicy(not_reached="exclude"))
    assert left_out.score is None
    assert left_out.maximum is None


def test_a_policy_for_analysis_can_count_what_scoring_leaves_out(rubric: Rubric) -> None:
    missing = evaluated(
        state="omitted", raw_score=None, max_score=None, trace=by_policy("omitted", "exclude")
    )
    found = cell(missing, rubric.item("single"), MissingPolicy())
    assert (found.score, found.maximum) == (Fraction(0), Fraction(3))


def test_a_policy_for_analysis_can_ask_the_rule(rubric: Rubric) -> None:
    trace = by_policy("omitted", "zero")
    policy = MissingPolicy(omitted="rule")
    missing = evaluated("mapped", "omitted", raw_score=Fraction(0), trace=trace, values=())
    found = cell(missing, rubric.item("mapped"), policy)
    assert (found.score, found.maximum) == (ONE, Fraction(2))
    # A rule that waits for raters says nothing of it.
    rated = evaluated("essay", "omitted", raw_score=Fraction(0), trace=trace, values=())
    assert cell(rated, rubric.item("essay"), policy).score is None


def test_a_policy_for_analysis_leaves_answers_alone(rubric: Rubric) -> None:
    policy = MissingPolicy(omitted="exclude")
    assert cell(evaluated(), rubric.item("single"), policy).score == 1
    assert cell(evaluated(trace=by_policy("omitted", "zero")), None, policy).score == 1


def test_items_that_no_rubric_names_come_last_if_they_count() -> None:
    cells = [
        Cell("z", ONE, ONE, "answered", ("A",)),
        Cell("b", ONE, ONE, "answered", ()),
        Cell("screen", None, None, "omitted", ()),
    ]
    found = arrays(
        [ItemKey("z", "match_correct")], [Row(cells, [5, None, 7], {}, frozenset(), "d", None)]
    )
    assert [item.item_id for item in found.items] == ["z", "b"]
    assert found.milliseconds[0, 0] == 5
    assert isnan(found.positions[0, 0])
    assert not found.chosen[0]
