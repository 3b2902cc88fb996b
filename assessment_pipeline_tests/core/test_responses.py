from fractions import Fraction
from typing import Any

import pytest

from assessment_pipeline.core.responses import (
    ResponseValue,
    effective_state,
    is_blank,
    number_text,
    parse_number,
    value_text,
    value_texts,
)


@pytest.mark.parametrize("value", [None, "", " \t\n", ()])
def test_null_white_space_and_an_empty_list_are_no_response(value: ResponseValue) -> None:
    assert is_blank(value)
    assert effective_state(value, None) == "omitted"
    assert value_texts(value) == ()


@pytest.mark.parametrize("value", [False, 0, ("",), "0"])
def test_false_zero_and_an_empty_text_in_a_list_are_values(value: ResponseValue) -> None:
    assert not is_blank(value)
    assert effective_state(value, None) == "answered"


def test_a_delivered_state_wins() -> None:
    assert effective_state((), "answered") == "answered"
    assert effective_state("B", "not_reached") == "not_reached"


def test_only_one_value_has_a_text() -> None:
    assert value_text(("A",)) == "A"
    assert value_text(("A", "B")) is None
    assert value_text(None) is None


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.1, "0.1"), (-0.0, "0"), (1e22, "1" + "0" * 22), (1.5e-9, "0.0000000015"), (-3, "-3")],
)
def test_a_number_stands_for_its_shortest_plain_text(number: float, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", Fraction(12)),
        (" +.5 ", Fraction(1, 2)),
        ("\u22122.", Fraction(-2)),
        ("1E\u22122", Fraction(1, 100)),
        ("007", Fraction(7)),
    ],
)
def test_a_whole_text_is_a_number(text: str, number: Fraction) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "-", ".", "12 euro", "1,5", "1 000", "0x10", "1e401", "٣", "nan", "9" * 1001]
)
def test_anything_else_is_no_number(text: str) -> None:
    assert parse_number(text) is None


def test_an_endless_number_is_told_as_it_is() -> None:
    assert number_text(float("inf")) == "inf"


def test_what_no_delivery_can_hold_still_has_a_text() -> None:
    odd: Any = ({"a": 1}, 2, True)
    assert value_texts(odd) == ('{"a":1}', "2", "true")
