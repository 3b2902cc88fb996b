"""Values: cardinality, base type and a correct response, from the rule and the response."""

import pytest

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.qti_results.values import TypedResponse, typed_response
from assessment_pipeline.core.responses import ResponseValue
from assessment_pipeline.core.rules import parse_item

MULTIPLE: dict[str, Json] = {"rule": "multi_select", "correct": ["A", "C"]}
ORDERED: dict[str, Json] = {"rule": "ordering", "correct": ["a", "b", "c"]}
NUMBER: dict[str, Json] = {
    "rule": "numeric",
    "answers": [
        {"value": "2", "fraction": "1/2"},
        {"value": "1/3"},
        {"value": "3.14"},
        {"value": "5"},
    ],
}
TEXT: dict[str, Json] = {
    "rule": "text",
    "answers": [
        {"text": "Malm*", "match": "wildcard"},
        {"text": "Malmoe", "fraction": "1/2"},
        {"text": "Malmö"},
    ],
}
AREAS: Json = [{"shape": "circle", "coords": [0, 0, 5], "points": 1}]
BANDS: Json = [{"feature": "word_count", "minimum": 0, "points": 0}]


def _typed(rule: dict[str, Json] | None, value: ResponseValue) -> TypedResponse:
    return typed_response(value, None if rule is None else parse_item(rule))


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ({"rule": "match_correct", "correct": "B"}, "A", ("single", "identifier", ("B",))),
        (
            {"rule": "match_correct", "correct": "7", "base_type": "integer"},
            7,
            ("single", "integer", ("7",)),
        ),
        (
            {"rule": "match_correct", "correct": "0.5", "base_type": "decimal"},
            0.5,
            ("single", "float", ("0.5",)),
        ),
        (
            {"rule": "match_correct", "correct": True, "base_type": "boolean"},
            False,
            ("single", "boolean", ("true",)),
        ),
        (
            {
                "rule": "match_correct",
                "correct": ["A b"],
                "base_type": "directed_pair",
                "cardinality": "ordered",
            },
            ("b A",),
            ("ordered", "directedPair", ("A b",)),
        ),
        (
            {"rule": "map_response", "entries": [], "base_type": "pair"},
            "A B",
            ("single", "pair", ()),
        ),
        ({"rule": "map_response_point", "areas": AREAS}, "1 -2", ("single", "point", ())),
        (NUMBER, "-.5e3", ("single", "float", ("3.14",))),
        (MULTIPLE, ("C", "B"), ("multiple", "identifier", ("A", "C"))),
        (ORDERED, ("c", "b"), ("ordered", "identifier", ("a", "b", "c"))),
        (TEXT, "Lund", ("single", "string", ("Malmö",))),
        (
            {"rule": "keywords", "criteria": [{"id": "a", "any_of": ["b"], "points": 1}]},
            "b",
            ("single", "string", ()),
        ),
        ({"rule": "feature_bands", "bands": BANDS}, "an essay", ("single", "string", ())),
        ({"rule": "constant", "points": 1}, True, ("single", "boolean", ())),
        ({"rule": "void"}, 7, ("single", "integer", ())),
        ({"rule": "void"}, 0.5, ("single", "float", ())),
        (None, ("B", "A"), ("ordered", "string", ())),
        (None, None, ("single", "string", ())),
    ],
)
def test_the_rule_says_the_form_and_else_the_response(
    rule: dict[str, Json] | None, value: ResponseValue, expected: tuple[object, ...]
) -> None:
    typed = _typed(rule, value)
    assert (typed.cardinality, typed.base_type, typed.correct) == expected


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"rule": "match_correct", "correct": "B"}, "B, no: C"),
        ({"rule": "match_correct", "correct": "1"}, "B"),  # the key is no identifier of QTI
        ({"rule": "match_correct", "correct": "1", "base_type": "boolean"}, "yes"),
        ({"rule": "map_response", "entries": [], "base_type": "pair"}, "A B C"),
        ({"rule": "map_response", "entries": [], "base_type": "integer"}, "−3"),  # U+2212
        ({"rule": "map_response_point", "areas": AREAS}, "1.5 2"),
        (NUMBER, "2,15"),
        (NUMBER, " 2"),
        (NUMBER, True),
        (MULTIPLE, ("A", "")),
        (MULTIPLE, ("A", "Ö")),
    ],
)
def test_a_value_that_is_none_of_its_base_type_makes_the_variable_a_string(
    rule: dict[str, Json], value: ResponseValue
) -> None:
    assert _typed(rule, value).base_type == "string"


def test_several_values_where_the_rule_takes_one_are_kept_in_their_order() -> None:
    typed = _typed(TEXT, ("Malmö", "København", "Malmö"))
    assert (typed.cardinality, typed.values) == ("ordered", ("Malmö", "København", "Malmö"))


@pytest.mark.parametrize("correct", ["a\nb", "tab\there", "\x1b"])
def test_a_correct_response_that_a_document_cannot_hold_is_left_out(correct: str) -> None:
    rule: dict[str, Json] = {"rule": "match_correct", "correct": correct, "base_type": "string"}
    assert _typed(rule, "B").correct == ()


def test_a_number_that_is_no_decimal_is_no_correct_response() -> None:
    assert _typed({"rule": "numeric", "answers": [{"value": "1/3"}]}, "0").correct == ()
