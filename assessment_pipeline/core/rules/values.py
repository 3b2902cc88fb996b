"""Values: when two texts are the same value of a base type.

Holds the comparison that match_correct and map_response share, after QTI's base types. A text
that is no value of its base type is equal to nothing.

- identifier, string: the same text, nothing trimmed
- integer, decimal: the same number, exactly (`1.0` is the integer 1; U+2212 is a minus)
- boolean: as xs:boolean, `true` and `1`, `false` and `0`
- pair: two identifiers in any order; directed_pair: in this order; point: two integers
"""

from collections.abc import Hashable
from fractions import Fraction
from typing import Literal, TypeAlias

from assessment_pipeline.core.responses import parse_number

BaseType: TypeAlias = Literal[
    "identifier", "string", "integer", "decimal", "boolean", "pair", "directed_pair", "point"
]
Cardinality: TypeAlias = Literal["single", "multiple", "ordered"]

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_PARTS = 2


def base_value(text: str, base_type: BaseType) -> Hashable | None:
    """Return what texts of one base type are compared by; None if this is no such value.

    >>> base_value("B A", "pair") == base_value("A B", "pair")
    True
    >>> base_value("twelve", "integer") is None
    True
    """
    match base_type:
        case "identifier" | "string":
            return text
        case "integer":
            return _integer(text)
        case "decimal":
            return parse_number(text)
        case "boolean":
            return _BOOLEANS.get(text.strip())
        case _:  # pair, directed_pair, point
            return _two(text, base_type)


def value_name(text: str, base_type: BaseType) -> str:
    """Return how a value is called that no rubric names: a boolean by its usual word.

    >>> value_name("1", "boolean"), value_name("B", "identifier")
    ('true', 'B')
    """
    value = base_value(text, base_type)
    if isinstance(value, bool):
        return "true" if value else "false"
    return text


def _two(text: str, base_type: BaseType) -> Hashable | None:
    parts = text.split()
    if len(parts) != _PARTS:
        return None
    if base_type == "pair":
        return tuple(sorted(parts))
    if base_type == "directed_pair":
        return tuple(parts)
    first, second = _integer(parts[0]), _integer(parts[1])
    return None if first is None or second is None else (first, second)


def _integer(text: str) -> Fraction | None:
    number = parse_number(text)
    return number if number is not None and number.denominator == 1 else None
