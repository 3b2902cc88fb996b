from fractions import Fraction
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.points import (
    RoundingMode,
    decimal_text,
    exact_text,
    parse_exact,
    percent_text,
    rounded,
)

_NUMBERS = st.fractions()


@given(_NUMBERS)
def test_what_is_written_exactly_is_read_back(value: Fraction) -> None:
    assert parse_exact(exact_text(value)) == value


@given(_NUMBERS)
def test_exact_text_has_no_trailing_zero_and_no_minus_before_zero(value: Fraction) -> None:
    text = exact_text(value)
    assert text != "-0"
    assert "." not in text or text[-1] in "123456789"


@given(_NUMBERS)
def test_a_decimal_is_never_further_away_than_half_its_last_place(value: Fraction) -> None:
    assert abs(parse_exact(decimal_text(value)) - value) <= Fraction(1, 2 * 10**6)


@given(_NUMBERS, st.sampled_from(get_args(RoundingMode)), st.integers(0, 6))
def test_rounding_moves_less_than_one_unit_and_only_once(
    value: Fraction, mode: RoundingMode, decimals: int
) -> None:
    once = rounded(value, mode, decimals)
    assert abs(once - value) < Fraction(1, 10**decimals)
    assert rounded(once, mode, decimals) == once


@given(st.lists(_NUMBERS.map(abs), min_size=1, max_size=20), st.randoms())
def test_the_order_of_points_never_changes_their_sum(points: list[Fraction], order: object) -> None:
    shuffled = sorted(points, key=lambda _: order.random())  # type: ignore[attr-defined]
    assert sum(points) == sum(shuffled)


@given(st.fractions(0, 1), st.fractions(min_value=Fraction(1, 10**9), max_value=10**9))
def test_percent_says_100_or_0_only_if_it_is_so(part: Fraction, maximum: Fraction) -> None:
    percent = percent_text(part * maximum, maximum)
    assert (percent == "100.00") == (part == 1)
    assert (percent == "0.00") == (part == 0)


@given(_NUMBERS, st.fractions(min_value=Fraction(1, 10**9)))
def test_percent_is_the_rounded_part_but_for_its_two_ends(
    total: Fraction, maximum: Fraction
) -> None:
    percent = rounded(total * 100 / maximum, "half_even", 2)
    if total < maximum:
        percent = min(percent, Fraction("99.99"))
    if total > 0:
        percent = max(percent, Fraction("0.01"))
    assert parse_exact(percent_text(total, maximum) or "") == percent
