"""Numbers: exact points as text, and texts read as numbers."""

import re
from decimal import Decimal
from fractions import Fraction
from math import floor

_NUMBER = re.compile(r"[+\-\u2212]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+\-\u2212]?[0-9]{1,3})?")
_HALF = Fraction(1, 2)


def exact_text(value: Fraction) -> str:
    """Write a number as an integer or plain decimal, else as n/d in lowest terms."""
    if value.denominator == 1:
        return str(value.numerator)
    rest, places = value.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest //= prime
            power += 1
        places = max(places, power)
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    scaled = value.numerator * 10**places // value.denominator
    digits = f"{abs(scaled):0{places + 1}d}"
    return f"{'-' if scaled < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def decimal_text(value: Fraction) -> str:
    """Write a number as a decimal of at most six places, ties to even."""
    return exact_text(value if value.denominator == 1 else round(value, 6))


def percent_text(total: Fraction, maximum: Fraction) -> str | None:
    """Write a total in percent; 100.00 and 0.00 are for full marks and none alone."""
    if maximum <= 0:
        return None
    hundredths = round(total / maximum * 10_000)
    if total < maximum:
        hundredths = min(hundredths, 9_999)
    if total > 0:
        hundredths = max(hundredths, 1)
    return f"{Decimal(hundredths) / 100:.2f}"


def rounded_half_up(value: Fraction, decimals: int) -> Fraction:
    """Round to so many decimals, ties towards +infinity."""
    unit = 10**decimals
    return Fraction(floor(value * unit + _HALF), unit)


def number_text(number: float) -> str:
    """Write a JSON number as its shortest plain decimal."""
    if isinstance(number, int):
        return str(number)
    text = f"{Decimal(repr(number)):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def parse_number(text: str) -> Fraction | None:
    """Read a whole text as a number; None if it is none."""
    stripped = text.strip()
    if _NUMBER.fullmatch(stripped) is None:
        return None
    return Fraction(stripped.replace("\u2212", "-"))
