"""Instants: RFC 3339 times, exact and comparable, and the names of days.

Holds the one reading of every time that a delivery or a rubric carries. Pure: what the time is
now comes from outside. An offset is required, any number of fractional digits is kept, and a leap
second (`23:59:60` UTC) lies after `:59` and before the next midnight.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

_RFC_3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_is_common = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]Z").fullmatch
_LEAP_SECOND = 60
_NO_SUCH_TIME = "no such day, hour or offset, or outside the years 0001 to 9999 in UTC"


class Instant(NamedTuple):
    """A point in time; instants compare by time alone, whatever offset they were written with."""

    second: datetime
    """The whole second, in UTC; of a leap second, the `:59` before it."""
    is_leap: bool
    """Whether this lies in the leap second that follows `second`."""
    fraction_digits: str
    """Digits after the decimal point without trailing zeros; as text they compare like numbers."""


def parse_instant(text: str) -> Instant:
    """Read an RFC 3339 time with an offset.

    >>> parse_instant("2026-11-20T10:41:07.50+01:00") == parse_instant("2026-11-20T09:41:07.5Z")
    True

    Raises:
        ValueError: the text is no such time, or lies outside the years 0001 to 9999 in UTC.
    """
    if _is_common(text):
        # Most times are written so.
        try:
            return Instant(datetime.fromisoformat(text), is_leap=False, fraction_digits="")
        except ValueError as error:
            raise ValueError(_NO_SUCH_TIME) from error
    match = _RFC_3339.fullmatch(text)
    if match is None:
        message = "not an RFC 3339 time with an offset, such as 2026-11-20T09:00:00Z"
        raise ValueError(message)
    year, month, day, hour, minute, second, digits, sign, offset_hour, offset_minute = (
        match.groups()
    )
    is_leap = int(second) == _LEAP_SECOND
    try:
        local = datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            59 if is_leap else int(second),
            tzinfo=UTC,
        )
        utc = local if sign is None else local - _offset(sign, offset_hour, offset_minute)
    except (ValueError, OverflowError) as error:
        raise ValueError(_NO_SUCH_TIME) from error
    if is_leap and (utc.hour, utc.minute) != (23, 59):
        message = "second 60 exists at 23:59 UTC only"
        raise ValueError(message)
    return Instant(utc, is_leap, (digits or "").rstrip("0"))


def is_day(text: str) -> bool:
    """Whether a text is a date as partitions are named: `YYYY-MM-DD`.

    >>> is_day("2026-11-20"), is_day("20261120"), is_day("2026-11-31")
    (True, False, False)
    """
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def seconds_between(earlier: Instant, later: Instant) -> Fraction:
    """Return the exact seconds from one instant to another, negative if they are swapped.

    As in POSIX time a leap second has no length of its own on the scale: it counts as the
    second after it.
    """
    whole = (later.second - earlier.second) // timedelta(seconds=1)
    whole += later.is_leap - earlier.is_leap
    return whole + _fraction(later.fraction_digits) - _fraction(earlier.fraction_digits)


def _offset(sign: str, hours: str, minutes: str) -> timedelta:
    if int(hours) > 23 or int(minutes) > 59:
        message = "an offset reaches from -23:59 to +23:59"
        raise ValueError(message)
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return offset if sign == "+" else -offset


def _fraction(digits: str) -> Fraction:
    # Through Decimal: int() refuses more than 4,300 digits, and Decimal's constructor is exact.
    return Fraction(Decimal("0." + digits)) if digits else Fraction(0)
