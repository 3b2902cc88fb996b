"""Datestamps: times of a delivery as `xs:dateTime`, which knows less of them than RFC 3339.

A time that is both stays as delivered. `xs:dateTime` has no small `t` and `z`, no offset beyond
14 hours and no leap second: such a time is written in UTC, and a leap second as the second before
it. The delivered text stands beside it in the document, as SUBMITTED_AT.
"""

import re
from typing import Final

from assessment_pipeline.core.instants import parse_instant

_DATE_TIME: Final = re.compile(
    r"[0-9-]{10}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]+)?"
    r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)"
)


def datestamp(time: str) -> str:
    """Return a time of a delivery as a datestamp.

    >>> datestamp("2026-11-20T10:41:07.50+01:00"), datestamp("2026-11-20t23:00:00+20:00")
    ('2026-11-20T10:41:07.50+01:00', '2026-11-20T03:00:00Z')
    >>> datestamp("2016-12-31T23:59:60.5Z")
    '2016-12-31T23:59:59Z'

    Raises:
        ValueError: this is no time of a delivery.
    """
    instant = parse_instant(time)
    if _DATE_TIME.fullmatch(time):
        return time
    second = instant.second.replace(tzinfo=None).isoformat()
    has_fraction = instant.fraction_digits and not instant.is_leap
    return f"{second}.{instant.fraction_digits}Z" if has_fraction else f"{second}Z"
