from fractions import Fraction

import pytest

from assessment_pipeline.core.points import (
    RoundingMode,
    decimal_text,
    exact_text,
    parse_exact,
    percent_text,
    rounded,
)


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "+1", "01", "1.", ".5", "1e3", "1/0", "1/-2", "−1", "\u0661", "1_0", "inf"],
)
def test_what_is_no_exact_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither an integer"):
        parse_exact(text)


def test_a_boolean_is_no_number() -> None:
    with pytest.raises(ValueError, match="neither an integer"):
        parse_exact(value=True)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(-7), "-7"),
        (Fraction(1, 8), "0.125"),
        (Fraction(-1, 20), "-0.05"),
        (Fraction(100), "100"),
        (Fraction(-1, 3), "-1/3"),
        (Fraction(1, 6), "1/6"),
    ],
)
def test_points_are_written_exactly(value: Fraction, text: str) -> None:
    assert exact_text(value) == text


def test_points_of_thousands_of_digits_can_still_be_written() -> None:
    assert exact_text(Fraction(10**5000)) == "1" + "0" * 5000


@pytest.mark.parametrize(
    ("value", "text"),
    [("0.0000005", "0"), ("0.0000015", "0.000002"), ("-0.0000005", "0"), ("1/3", "0.333333")],
)
def test_decimals_end_after_six_places_with_ties_to_even(value: str, text: str) -> None:
    assert decimal_text(parse_exact(value)) == text


@pytest.mark.parametrize(
    ("mode", "positive", "negative"),
    [
        ("half_up", "0.13", "-0.12"),
        ("half_away", "0.13", "-0.13"),
        ("half_even", "0.12", "-0.12"),
        ("floor", "0.12", "-0.13"),
        ("ceil", "0.13", "-0.12"),
        ("truncate", "0.12", "-0.12"),
    ],
)
def test_a_tie_is_rounded_by_its_mode(mode: RoundingMode, positive: str, negative: str) -> None:
    tie = Fraction(1, 8)
    assert exact_text(rounded(tie, mode, 2)) == positive
    assert exact_text(rounded(-tie, mode, 2)) == negative


@pytest.mark.parametrize(
    ("total", "maximum", "percent"),
    [
        ("1", "3", "33.33"),
        ("3", "3", "100.00"),
        ("999999", "1000000", "99.99"),
        ("1", "1000000", "0.01"),
        ("0", "5", "0.00"),
        ("4", "3", "133.33"),
        ("-1", "4", "-25.00"),
        ("1", "8", "12.50"),
    ],
)
def test_percent_is_only_100_at_full_marks_and_only_0_at_none(
    total: str, maximum: str, percent: str
) -> None:
    assert percent_text(parse_exact(total), parse_exact(maximum)) == percent


def test_there_is_no_percent_of_nothing() -> None:
    assert percent_text(Fraction(0), Fraction(0)) is None
