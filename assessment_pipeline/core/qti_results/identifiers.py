"""Identifiers: ids of the contract as QTI identifiers, and back.

QTI's identifiers are NCNames of XML: no digit first, none of `: @ + = ~`. What an NCName cannot
hold is written as in ISO/IEC 9075-14 (SQL/XML, 9.1): `_xHHHH_`, the code of the character; a `_`
before an `x` likewise, so that every id has its own identifier and comes back from it.
"""

import re
from typing import Final

_NOT_IN_NCNAME: Final = re.compile(r"^[^A-Za-z_]|[^A-Za-z0-9._-]|_(?=x)")
_ESCAPED: Final = re.compile(r"_x([0-9A-F]{4})_")


def ncname(identifier: str) -> str:
    """Return an id as an NCName; most ids are one already and stay as they are.

    >>> ncname("harbour-0001"), ncname("1:a"), ncname("_x")
    ('harbour-0001', '_x0031__x003A_a', '_x005F_x')
    """
    return _NOT_IN_NCNAME.sub(lambda match: f"_x{ord(match[0]):04X}_", identifier)


def id_of_ncname(name: str) -> str:
    """Return the id that an NCName was made of.

    >>> id_of_ncname("_x0031__x003A_a")
    '1:a'
    """
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), name)
