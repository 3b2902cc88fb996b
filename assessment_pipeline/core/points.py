"""Exact points: reading, writing and rounding rational numbers.

Holds number formats only; what a number means for a score is `scoring`. There is no float in this
module: a result is a `Fraction` until it is text.
"""

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import Literal, TypeAlias

RoundingMode: TypeAlias = Literal["half_up", "half_away", "half_even", "floor", "ceil", "truncate"]

_EXACT = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+)|/([1-9][0-9]*))?")
_MAX_EXACT_LENGTH = 1_000
_LONG_BITS = 10_000
_LONG_DIGITS = 3_000
_NOT_EXACT = "neither an integer, nor a plain decimal such as 0.5, nor n/d such as 1/3"
_HALF = Fraction(1, 2)
_SHOWN_PLACES = 6
_PERCENT_PLACES = 2
_FULL_PERCENT = 100_00


def parse_exact(value: str | int) -> Fraction:
    """Read points as a rubric writes them: an integer, a plain decimal, or n/d.

    >>> parse_exact("-1.25"), parse_exact("2/6"), parse_exact(3)
    (Fraction(-5, 4), Fraction(1, 3), Fraction(3, 1))

    Raises:
        ValueError: anything else; exponents, signs other than a leading minus, leading zeros,
            white space, booleans.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    if not isinstance(value, str) or len(value) > _MAX_EXACT_LENGTH:
        raise ValueError(_NOT_EXACT)
    return read_exact(value)


def read_exact(text: str) -> Fraction:
    """Read points as `exact_text` writes them: like `parse_exact`, but however long they are.

    A sum can be longer than any number that a rubric may write.

    >>> read_exact("-1.25")
    Fraction(-5, 4)
    """
    match = _EXACT.fullmatch(text)
    if match is None:
        raise ValueError(_NOT_EXACT)
    sign, whole, decimals, denominator = match.groups()
    if decimals is not None:
        magnitude = Fraction(_integer(whole + decimals), 10 ** len(decimals))
    else:
        magnitude = Fraction(_integer(whole), _integer(denominator or "1"))
    return -magnitude if sign else magnitude


def exact_text(value: Fraction) -> str:
    """Write points exactly: an integer or plain decimal if there is one, else n/d.

    >>> exact_text(Fraction(3)), exact_text(Fraction(-5, 4)), exact_text(Fraction(2, 6))
    ('3', '-1.25', '1/3')
    """
    return _ratio_text(*value.as_integer_ratio())


@lru_cache(maxsize=4096)
def _ratio_text(numerator: int, denominator: int) -> str:
    # Remembered: the points of a night's scores are few different ones.
    if denominator == 1:
        return _digits(numerator)
    places = _decimal_places(denominator)
    if places is None:
        return f"{_digits(numerator)}/{_digits(denominator)}"
    return _placed(numerator * (10**places // denominator), places)


def decimal_text(value: Fraction, places: int = _SHOWN_PLACES) -> str:
    """Write a number as a decimal of at most so many places, ties to even, no trailing zeros.

    >>> decimal_text(Fraction(2, 3)), decimal_text(Fraction(-1, 10**9)), decimal_text(Fraction(2))
    ('0.666667', '0', '2')
    """
    return _placed(round(value * 10**places), places)


def rounded(value: Fraction, mode: RoundingMode, decimals: int) -> Fraction:
    """Round to so many decimals; to tens, hundreds and so on if that is negative.

    `half_up` is QTI's `round`, floor(x + 1/2): ties go towards +infinity. `half_away` sends ties
    away from zero, `half_even` to the even neighbour; `truncate` goes towards zero.

    >>> rounded(Fraction(-13, 2), "half_up", 0), rounded(Fraction(-13, 2), "half_away", 0)
    (Fraction(-6, 1), Fraction(-7, 1))
    """
    unit = Fraction(10) ** decimals
    return _rounded_to_integer(value * unit, mode) / unit


def percent_text(total: Fraction, maximum: Fraction) -> str | None:
    """Write what part of the maximum was reached, in percent: always two places, ties to even.

    Below full marks it is at most 99.99, above none at least 0.01, so that 100 and 0 mean what
    they say. None if the maximum is not above 0.

    >>> percent_text(Fraction(2), Fraction(3)), percent_text(Fraction(99_999), Fraction(100_000))
    ('66.67', '99.99')
    >>> percent_text(Fraction(4), Fraction(4))
    '100.00'
    """
    if maximum.numerator <= 0:
        return None
    # In whole hundredths of a percent, without a Fraction in between: once for every session.
    part = total.numerator * maximum.denominator * _FULL_PERCENT
    whole = total.denominator * maximum.numerator
    hundredths, rest = divmod(part, whole)
    if 2 * rest > whole or (2 * rest == whole and hundredths % 2):
        hundredths += 1
    if part < whole * _FULL_PERCENT:
        hundredths = min(hundredths, _FULL_PERCENT - 1)
    if part > 0:
        hundredths = max(hundredths, 1)
    sign, digits = ("-" if hundredths < 0 else ""), f"{abs(hundredths):03d}"
    return f"{sign}{digits[:-_PERCENT_PLACES]}.{digits[-_PERCENT_PLACES:]}"


def _rounded_to_integer(value: Fraction, mode: RoundingMode) -> int:
    match mode:
        case "half_up":
            return floor(value + _HALF)
        case "half_away":
            return floor(value + _HALF) if value >= 0 else ceil(value - _HALF)
        case "half_even":
            return round(value)
        case "floor":
            return floor(value)
        case "ceil":
            return ceil(value)
        case _:  # truncate
            return int(value)


def _decimal_places(denominator: int) -> int | None:
    """How many decimals a fraction in lowest terms needs; None if no number of them is enough."""
    twos = (denominator & -denominator).bit_length() - 1
    rest = denominator >> twos
    fives = 0
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    return max(twos, fives) if rest == 1 else None


def _placed(scaled: int, places: int) -> str:
    """Write scaled / 10**places without trailing zeros and without a minus before zero."""
    digits = _digits(abs(scaled)).rjust(places + 1, "0")
    whole, decimals = digits[: len(digits) - places], digits[len(digits) - places :].rstrip("0")
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def _integer(digits: str) -> int:
    # The way back of `_digits`.
    return int(digits) if len(digits) < _LONG_DIGITS else int(Decimal(digits))


def _digits(number: int) -> str:
    # Through Decimal, whose constructor is exact: str() refuses more than 4,300 digits.
    return str(number) if number.bit_length() < _LONG_BITS else format(Decimal(number), "f")
